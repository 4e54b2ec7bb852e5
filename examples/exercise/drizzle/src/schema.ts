import { bigserial, index, pgTable, text, timestamp, varchar } from "drizzle-orm/pg-core";

export const users = pgTable(
  "users",
  {
    id: bigserial("id", { mode: "bigint" }).primaryKey(),
    email: varchar("email", { length: 255 }).notNull().unique(),
    firstName: text("first_name"),
    lastName: text("last_name"),
    phone: text("phone").unique(),
    status: text("status").notNull().default("active"),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (users) => [index("users_status_created_at_idx").on(users.status, users.createdAt.desc())],
);
