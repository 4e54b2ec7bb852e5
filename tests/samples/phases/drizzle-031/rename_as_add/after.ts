import { sql } from "drizzle-orm";
import { pgTable, pgEnum, serial, integer, text, varchar, timestamp, jsonb, index, uniqueIndex, primaryKey, foreignKey } from "drizzle-orm/pg-core";
export const plan = pgEnum("plan", ["free", "paid"]);
export const users = pgTable("users", {
  id: serial("id").primaryKey(),
  email: text("email").notNull(),
  fullName: text("full_name").notNull(),
  handle: varchar("handle", { length: 40 }),
  tier: plan("tier").notNull().default("free"),
  bio: jsonb("bio"),
  lastSeenAt: timestamp("last_seen_at", { precision: 3 }).notNull().defaultNow(),
});
