CREATE SEQUENCE "Ticket_number_seq";
CREATE TABLE "Ticket" (
    "id" SERIAL PRIMARY KEY
);
CREATE TABLE "Draft" (
    "title" TEXT,
    CONSTRAINT "Page_title_nn" CHECK ("title" <> 'draft')
);
CREATE TABLE "Page" (LIKE "Draft" INCLUDING ALL);
CREATE TABLE "Post" (
    CONSTRAINT "Post_title_nn1" CHECK ("title" <> 'post')
) INHERITS ("Draft");
