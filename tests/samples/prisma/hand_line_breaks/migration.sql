ALTER TABLE "Mail" ADD COLUMN "body" TEXT NOT NULL DEFAULT 'Dear reader,
  yours
',
    ADD COLUMN "footer" TEXT DEFAULT $text$-- 
sent by us$text$;
ALTER TABLE "Mail" ADD CONSTRAINT "Mail_state" CHECK ("state
of it" <> E'gone\'
  for good');
