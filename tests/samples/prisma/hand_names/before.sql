CREATE SCHEMA app;
CREATE TABLE "Übersicht ""A""" (
    "id" SERIAL PRIMARY KEY,
    "größe" INTEGER,
    "naïve" TEXT
);
CREATE TABLE app.plain (
    id SERIAL PRIMARY KEY,
    label TEXT DEFAULT 'x'
);
CREATE TABLE "A_table_with_a_name_that_is_exactly_as_long_as_PostgreSQL_takes" (
    "id" SERIAL PRIMARY KEY,
    "a_column_with_a_name_that_is_just_as_long_as_PostgreSQL_takes__" INTEGER
);
