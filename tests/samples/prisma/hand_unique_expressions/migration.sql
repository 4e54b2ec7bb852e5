CREATE UNIQUE INDEX "User_email_name_key" ON "User"(lower("email") text_pattern_ops DESC, "name") WHERE "age" IN (20, 30);
ALTER TABLE "_PostToUser" ADD CONSTRAINT "_PostToUser_AB_pkey" PRIMARY KEY ("A", "B");
