ALTER TABLE exclude ALTER COLUMN exclude SET NOT NULL, ALTER COLUMN "check" SET NOT NULL, ALTER if SET NOT NULL;
ALTER TABLE exclude ADD excluded int, ADD COLUMN "foreign_" int;
CREATE INDEX ON U&"data" (cc);
ALTER TABLE "data" ALTER COLUMN "ä b" SET NOT NULL;
ALTER TABLE data ALTER t SET DEFAULT U&'d\0061t';
ALTER TABLE ÄRGER ALTER COLUMN ÖL SET NOT NULL;
CREATE INDEX ÄRGER_I ON ÄRGER (ÖL, öl);
ALTER TABLE Ärger ADD CONSTRAINT Ü UNIQUE (ÜBER);
ALTER TABLE xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxabczzz ALTER COLUMN xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxcoluxxxx SET NOT NULL;
