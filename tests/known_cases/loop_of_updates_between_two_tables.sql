-- drizzle-folders
-- Every lock is held until the transaction ends, through a loop of batches as well.
-- expect: data-change
-- expect: work-under-lock
-- before.sql
CREATE TABLE "routes" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"edited_at" timestamp
);
CREATE TABLE "route_stats" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"route_id" bigint NOT NULL,
	"sends" integer DEFAULT 0 NOT NULL
);

-- rows
INSERT INTO routes(name) SELECT g::text FROM generate_series(1, 40) g;
INSERT INTO route_stats(route_id) SELECT g FROM generate_series(1, 40) g;

-- migration.sql
ALTER TABLE "route_stats" ADD COLUMN "synced_at" timestamp DEFAULT now() NOT NULL;
--> statement-breakpoint
DO $$
DECLARE n integer;
BEGIN
  LOOP
    UPDATE "route_stats" SET "synced_at" = 'epoch' WHERE "id" IN (SELECT "id" FROM "route_stats" WHERE "synced_at" <> 'epoch' LIMIT 500);
    GET DIAGNOSTICS n = ROW_COUNT;
    EXIT WHEN n = 0;
  END LOOP;
END $$;
--> statement-breakpoint
ALTER TABLE "routes" ADD COLUMN "synced_at" timestamp DEFAULT now() NOT NULL;
--> statement-breakpoint
UPDATE "routes" SET "synced_at" = COALESCE("edited_at", now());
--> statement-breakpoint
CREATE INDEX "route_stats_synced_idx" ON "route_stats" USING btree ("synced_at");
--> statement-breakpoint
CREATE INDEX "routes_synced_idx" ON "routes" USING btree ("synced_at");
