-- prisma
-- What DO executes from text cannot be read.
-- before.sql
CREATE TABLE "Profile" ("id" TEXT NOT NULL, "status" TEXT, CONSTRAINT "Profile_pkey" PRIMARY KEY ("id"));
CREATE INDEX "Profile_status_idx" ON "Profile"("status");

-- rows
INSERT INTO "Profile" SELECT g::text,'x' FROM generate_series(1, 40) g;

-- migration.sql
DO $$
DECLARE r record;
BEGIN
  FOR r IN SELECT indexrelid::regclass AS i FROM pg_index JOIN pg_class c ON c.oid = indrelid WHERE c.relnamespace = 'public'::regnamespace LOOP
    EXECUTE format('REINDEX INDEX %s', r.i);
  END LOOP;
END $$;
