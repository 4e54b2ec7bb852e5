DO $$
DECLARE
  t text;
BEGIN
  IF EXISTS (SELECT 1 FROM pg_class WHERE relname = 'User') THEN
    EXECUTE 'ALTER TABLE "User" ALTER COLUMN "name" SET NOT NULL';
  ELSE
    RAISE NOTICE 'nothing to do';
  END IF;
  FOR t IN SELECT 'Post_pkey' LOOP
    EXECUTE format('REINDEX INDEX %I', t);
  END LOOP;
END $$;
