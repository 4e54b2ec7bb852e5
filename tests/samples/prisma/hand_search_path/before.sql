CREATE SCHEMA shop;
CREATE FUNCTION shop."is_price"(INTEGER) RETURNS BOOLEAN LANGUAGE sql IMMUTABLE AS 'SELECT $1 >= 0';
CREATE TABLE shop."Item" (
    "id" SERIAL NOT NULL,
    "name" TEXT,
    "price" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "Item_pkey" PRIMARY KEY ("id")
);
CREATE TABLE "Item" (
    "id" SERIAL NOT NULL,
    "name" TEXT,

    CONSTRAINT "Item_pkey" PRIMARY KEY ("id")
);
