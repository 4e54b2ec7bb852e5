CREATE TABLE "Mail" (
    "id" SERIAL PRIMARY KEY,
    "state
of it" TEXT
);
