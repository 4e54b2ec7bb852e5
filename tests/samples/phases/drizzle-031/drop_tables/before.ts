import { sql } from "drizzle-orm";
import { pgTable, pgEnum, serial, integer, text, varchar, timestamp, jsonb, index, uniqueIndex, primaryKey, foreignKey } from "drizzle-orm/pg-core";
export const mood = pgEnum("mood", ["sad", "glad"]);
export const users = pgTable("users", {
  id: serial("id").primaryKey(),
  email: text("email").notNull(),
});
export const posts = pgTable("posts", {
  id: serial("id").primaryKey(),
  authorId: integer("author_id").notNull().references(() => users.id),
  mood: mood("mood").notNull().default("glad"),
});
export const comments = pgTable("comments", {
  postId: integer("post_id").notNull().references(() => posts.id, { onDelete: "cascade" }),
  userId: integer("user_id").notNull().references(() => users.id, { onDelete: "cascade" }),
  number: integer("number").notNull(),
  moods: mood("moods").array(),
  at: timestamp("at").notNull().defaultNow(),
}, (t) => [
  primaryKey({ columns: [t.postId, t.number] }),
  index("comments_at_idx").on(t.at),
]);
