import { sql } from "drizzle-orm";
import { pgTable, pgEnum, serial, integer, text, varchar, timestamp, jsonb, index, uniqueIndex, primaryKey, foreignKey } from "drizzle-orm/pg-core";
export const teams = pgTable("teams", {
  id: serial("id").primaryKey(),
});
export const users = pgTable("users", {
  id: serial("id").primaryKey(),
  email: text("email").notNull(),
  age: integer("age"),
}, (t) => [
  index("users_email_idx").on(t.email),
]);
