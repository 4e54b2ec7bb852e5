CREATE INDEX "Post_title_idx" ON "Post"("title");

-- Slugs for everybody
DO $$
DECLARE
  words text[] := ARRAY['apple', 'banana', 'cherry'];
BEGIN
  ALTER TABLE "User" ADD COLUMN "word" text;

  UPDATE "User" SET "word" = words[1 + "id" % array_length(words, 1)];

  CREATE INDEX "User_word_idx" ON "User"("word");
END $$;

ALTER TABLE "User" ALTER COLUMN "name" DROP NOT NULL;
CREATE INDEX "User_email_idx" ON "User"("email");
