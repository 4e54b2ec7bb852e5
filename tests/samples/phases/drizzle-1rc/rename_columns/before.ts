import { sql } from "drizzle-orm";
import { pgTable, pgEnum, serial, integer, text, varchar, timestamp, jsonb, index, uniqueIndex, primaryKey, foreignKey } from "drizzle-orm/pg-core";
export const plan = pgEnum("plan", ["free", "paid"]);
export const users = pgTable("users", {
  id: serial("id").primaryKey(),
  email: text("email").notNull(),
  name: text("name").notNull(),
  nick: varchar("nick", { length: 40 }),
  plan: plan("plan").notNull().default("free"),
  about: jsonb("about"),
  seenAt: timestamp("seen_at", { precision: 3 }).notNull().defaultNow(),
});
