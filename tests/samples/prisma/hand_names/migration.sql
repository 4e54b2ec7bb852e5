ALTER TABLE "Übersicht ""A""" ALTER COLUMN "größe" SET NOT NULL;
ALTER TABLE "Übersicht ""A""" ADD UNIQUE ("größe");
CREATE INDEX ON "Übersicht ""A""" ("größe", lower("naïve"));
ALTER TABLE "A_table_with_a_name_that_is_exactly_as_long_as_PostgreSQL_takes" ADD CHECK ("a_column_with_a_name_that_is_just_as_long_as_PostgreSQL_takes__" > 0);
ALTER TABLE "A_table_with_a_name_that_is_exactly_as_long_as_PostgreSQL_takes" ADD FOREIGN KEY ("a_column_with_a_name_that_is_just_as_long_as_PostgreSQL_takes__") REFERENCES app.plain (id);
ALTER TABLE app.Plain ALTER COLUMN Label SET NOT NULL;
