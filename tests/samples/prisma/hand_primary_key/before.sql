CREATE TABLE "Log" (
    "id" BIGINT,
    "line" TEXT
);
CREATE TABLE "Tag" (
    "name" TEXT NOT NULL
);
