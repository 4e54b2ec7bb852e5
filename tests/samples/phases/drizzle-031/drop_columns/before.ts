import { sql } from "drizzle-orm";
import { pgTable, pgEnum, serial, integer, text, varchar, timestamp, jsonb, index, uniqueIndex, primaryKey, foreignKey } from "drizzle-orm/pg-core";
export const plan = pgEnum("plan", ["free", "paid"]);
export const teams = pgTable("teams", {
  id: serial("id").primaryKey(),
});
export const users = pgTable("users", {
  id: serial("id").primaryKey(),
  email: text("email").notNull(),
  nickName: varchar("nick_name", { length: 40 }).notNull(),
  plan: plan("plan").notNull().default("free"),
  teamId: integer("team_id").notNull().references(() => teams.id, { onDelete: "cascade" }),
}, (t) => [
  index("users_nick_name_idx").on(t.nickName),
]);
