-- Words that are not reserved, letters that unquoted names keep, names spelled with escapes, names that the server cuts.
CREATE TABLE exclude (
    id int PRIMARY KEY, exclude int, period int, storage text, compression int, generated int, no int, valid int,
    include int, partition int, key int, value int, type int, cascade int, set int, if int, start int,
    "check" int, "unique" int, "like" int, "primary" int, "constraint" int, "foreign" int, "column" int
);
CREATE TABLE U&"d\0061t\+000061" (id int PRIMARY KEY, U&"\00e4 b" int, U&"!0063c" UESCAPE '!' int, t text);
CREATE TABLE Ärger (id int PRIMARY KEY, Öl int, öl int, ÜBER text);
CREATE TABLE xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxabcdef (id int PRIMARY KEY, xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxcolumn_one int, "äxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx1" int);
CREATE TABLE period (exclude int, period int, "constraint" int, storage int, EXCLUDE (exclude WITH =));
