CREATE OR REPLACE FUNCTION "touch"() RETURNS trigger AS $$
BEGIN
  NEW."name" := trim(NEW."name"); RETURN NEW;
END
$$ LANGUAGE plpgsql;
--> statement-breakpoint
CREATE TRIGGER "users_touch" BEFORE UPDATE ON "users" FOR EACH ROW EXECUTE FUNCTION "touch"();--> statement-breakpoint
CREATE POLICY "posts_read" ON "posts" AS PERMISSIVE FOR SELECT TO public USING (true);--> statement-breakpoint
CREATE INDEX "users_name_idx" ON "users" USING btree ("name");