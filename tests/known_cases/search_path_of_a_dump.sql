-- prisma
-- A dump sets parameters that decide nothing of what is changed, and an empty search_path.
-- before.sql
CREATE TABLE t (id int PRIMARY KEY, a text);

-- rows
INSERT INTO t SELECT g, 'x' FROM generate_series(1, 30) g;

-- migration.sql
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE FUNCTION public.later() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM public.not_yet';
CREATE TABLE public.not_yet (id int);
ALTER TABLE public.t ALTER COLUMN a SET NOT NULL;
CREATE INDEX t_a_idx ON public.t USING btree (a);
