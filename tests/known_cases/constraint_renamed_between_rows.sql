-- prisma
-- The name of a constraint is no matter of rows: statements on both sides of its change stay together.
-- before.sql
CREATE TABLE users (
  id integer NOT NULL,
  x integer DEFAULT -1 NOT NULL CONSTRAINT x_ck CHECK (x >= 0),
  name integer DEFAULT (random() * 10000000)::int NOT NULL,
  parent_id jsonb DEFAULT '[]'::jsonb NOT NULL CONSTRAINT parent_id_ck CHECK (parent_id IS NOT NULL),
  CONSTRAINT users_pkey PRIMARY KEY (id)
);

-- rows
INSERT INTO users (id, x, name, parent_id) SELECT n, n, n, jsonb_build_object('n', n) FROM generate_series(1, 30) n;

-- migration.sql
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_class) THEN
    UPDATE users SET parent_id = '{"a": 1}';
  END IF;
END
$$;

ALTER TABLE users RENAME CONSTRAINT users_pkey TO users_again;

INSERT INTO users (id, x, name, parent_id) VALUES (9001, -1, 42, '{"a": 1}');
