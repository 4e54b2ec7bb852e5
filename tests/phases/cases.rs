//! What is rewritten in phases, and the code that runs before and after the deploy between them.

use anyhow::{Context, Result};

use crate::bench::prisma::Sample;

/// A sample, with what the code before the deploy and the code after it send. Each says `old` or `new` once in its values.
pub struct Case {
    pub sample: &'static str,
    pub old: &'static [&'static str],
    pub new: &'static [&'static str],
    /// The files of each phase.
    pub files: &'static [usize],
    pub rename: Option<Renaming>,
}

/// What a case of `tests/samples/phases` says besides.
#[derive(Clone, Copy)]
pub struct Renaming {
    /// What the author declares.
    pub flags: &'static [&'static str],
    /// What the migration would be, were it to keep the values and run at once.
    pub kept: &'static str,
    /// What is so in every row until the old columns go.
    pub agree: &'static str,
    /// The model says what waits.
    pub in_model: bool,
}

pub const CASES: [Case; 13] = [
    Case {
        sample: "drop_field",
        old: &[
            r#"INSERT INTO "User" ("name") VALUES ('old')"#,
            r#"UPDATE "User" SET "name" = 'older' WHERE "name" = 'old'"#,
            r#"SELECT "id", "name" FROM "User" WHERE "name" IS NOT NULL"#,
        ],
        new: &[r#"INSERT INTO "User" DEFAULT VALUES"#, r#"SELECT "id" FROM "User""#],
        files: &[0, 1],
        rename: None,
    },
    Case {
        sample: "drop_required_fields",
        old: &[
            r#"INSERT INTO "users" ("email", "nick_name", "plan") VALUES ('old', 'old', 'PAID')"#,
            r#"UPDATE "users" SET "nick_name" = 'older' WHERE "email" = 'old'"#,
            r#"SELECT "id", "nick_name", "plan" FROM "users" ORDER BY "nick_name", "createdAt""#,
            r#"DELETE FROM "users" WHERE "email" = 'old'"#,
        ],
        new: &[
            r#"INSERT INTO "users" ("email") VALUES ('new')"#,
            r#"SELECT "id", "email" FROM "users""#,
            r#"DELETE FROM "users" WHERE "email" = 'new'"#,
        ],
        files: &[1, 2],
        rename: None,
    },
    Case {
        sample: "table_drop",
        old: &[
            r#"INSERT INTO "User" DEFAULT VALUES"#,
            r#"INSERT INTO "Post" ("id", "authorId") SELECT 1000, max("id") FROM "User""#,
            r#"UPDATE "Post" SET "authorId" = (SELECT min("id") FROM "User") WHERE "id" = 1000"#,
            r#"SELECT "Post"."id" FROM "Post" JOIN "User" ON "User"."id" = "authorId""#,
            r#"DELETE FROM "Post" WHERE "id" = 1000"#,
        ],
        new: &[r#"INSERT INTO "User" DEFAULT VALUES"#, r#"SELECT "id" FROM "User""#],
        files: &[0, 1],
        rename: None,
    },
    Case {
        sample: "drop_models",
        old: &[
            r#"INSERT INTO "Team" ("name") VALUES ('old')"#,
            r#"INSERT INTO "User" ("email", "teamId") SELECT 'old', "id" FROM "Team" WHERE "name" = 'old'"#,
            r#"INSERT INTO "Profile" ("userId") SELECT "id" FROM "User" WHERE "email" = 'old'"#,
            r#"INSERT INTO "Tag" ("name") VALUES ('old')"#,
            r#"INSERT INTO "_TagToUser" ("A", "B") SELECT 'old', "id" FROM "User" WHERE "email" = 'old'"#,
            r#"INSERT INTO "comments" ("userId", "number", "text") SELECT "id", 1, 'old' FROM "User" WHERE "email" = 'old'"#,
            r#"UPDATE "comments" SET "moods" = ARRAY['SAD']::"Mood"[], "mood" = 'SAD', "onUser" = "userId", "on" = 1 WHERE "text" = 'old'"#,
            r#"INSERT INTO "Invoice" ("teamId", "amount") SELECT "id", 1 FROM "Team" WHERE "name" = 'old'"#,
            // the keys are still there
            r#"DELETE FROM "comments" WHERE "text" = 'old'"#,
            r#"DELETE FROM "Profile" WHERE "userId" = (SELECT "id" FROM "User" WHERE "email" = 'old')"#,
            r#"DELETE FROM "Team" WHERE "name" = 'old'"#,
            r#"DO $$ BEGIN ASSERT NOT EXISTS (SELECT FROM "User" WHERE "email" = 'old') AND NOT EXISTS (SELECT FROM "_TagToUser" WHERE "A" = 'old'); END $$"#,
        ],
        new: &[
            r#"INSERT INTO "User" ("email", "plan") VALUES ('new', 'PAID')"#,
            r#"INSERT INTO "Invoice" ("amount") VALUES (2)"#,
            r#"SELECT "User"."id", "email", "amount" FROM "User", "Invoice""#,
            r#"DELETE FROM "User" WHERE "email" = 'new'"#,
        ],
        files: &[1, 4],
        rename: None,
    },
    Case {
        sample: "drop_by_hand",
        old: &[
            r#"INSERT INTO "User" ("name") VALUES ('old')"#,
            r#"INSERT INTO "Visit" ("userId", "page") SELECT "id", '/' FROM "User" WHERE "name" = 'old'"#,
            r#"SELECT * FROM "Recent""#,
            r#"DO $$ BEGIN ASSERT (SELECT count(*) = 1 FROM "Visit" JOIN "User" ON "User"."id" = "userId" WHERE "name" = 'old' AND "seen" IS NOT NULL); END $$"#,
        ],
        new: &[r#"INSERT INTO "User" ("name", "visits") VALUES ('new', 1)"#, r#"UPDATE "User" SET "visits" = 2"#],
        files: &[1, 3],
        rename: None,
    },
    Case {
        sample: "rename_fields",
        old: &[
            r#"INSERT INTO "User" ("email", "name", "nick", "plan", "seenAt") VALUES ('old', 'old', 'old', 'PAID', '2001-01-01')"#,
            r#"INSERT INTO "User" ("email", "name") VALUES ('old2', 'old')"#,
            r#"UPDATE "User" SET "name" = 'older', "nick" = NULL, "about" = '{"a": 1.0}' WHERE "email" = 'old'"#,
            r#"UPDATE "User" SET "about" = '{"a": 1.00}' WHERE "email" = 'old'"#,
            r#"SELECT "id", "name", "nick", "plan", "about", "seenAt" FROM "User" ORDER BY "name", "email""#,
        ],
        new: &[
            r#"INSERT INTO "User" ("email", "fullName", "handle", "tier", "lastSeenAt") VALUES ('new', 'new', 'new', 'PAID', '2001-01-01')"#,
            r#"INSERT INTO "User" ("email", "fullName") VALUES ('new2', 'new')"#,
            r#"UPDATE "User" SET "fullName" = 'newer', "handle" = NULL, "bio" = '{"a": 1.0}', "tier" = 'FREE' WHERE "email" = 'new'"#,
            r#"SELECT "id", "fullName", "handle", "tier", "bio", "lastSeenAt" FROM "User" ORDER BY "fullName", "email""#,
            r#"DO $$ BEGIN ASSERT (SELECT count(*) = 1 FROM "User" WHERE "email" = 'new' AND "fullName" = 'newer' AND "handle" IS NULL
               AND "tier" = 'FREE' AND "bio"::text = '{"a": 1.0}' AND "lastSeenAt" = '2001-01-01'); END $$"#,
        ],
        files: &[11, 4],
        rename: Some(Renaming {
            flags: &[
                "--rename",
                "User.about=bio",
                "--rename",
                "User.name=fullName",
                "--rename",
                "User.nick=handle",
                "--rename",
                "User.plan=tier",
                "--rename",
                "User.seenAt=lastSeenAt",
            ],
            kept: r#"DROP INDEX "User_name_email_idx", "User_nick_key";
                ALTER TABLE "User" ADD COLUMN "bio" JSONB, ADD COLUMN "fullName" TEXT, ADD COLUMN "handle" VARCHAR(40),
                  ADD COLUMN "lastSeenAt" TIMESTAMP(3), ADD COLUMN "tier" "Plan";
                UPDATE "User" SET "bio" = "about", "fullName" = "name", "handle" = "nick", "lastSeenAt" = "seenAt", "tier" = "plan";
                ALTER TABLE "User" DROP COLUMN "about", DROP COLUMN "name", DROP COLUMN "nick", DROP COLUMN "plan", DROP COLUMN "seenAt",
                  ALTER COLUMN "fullName" SET NOT NULL, ALTER COLUMN "lastSeenAt" SET NOT NULL, ALTER COLUMN "tier" SET NOT NULL,
                  ALTER COLUMN "lastSeenAt" SET DEFAULT CURRENT_TIMESTAMP, ALTER COLUMN "tier" SET DEFAULT 'FREE';
                CREATE UNIQUE INDEX "User_handle_key" ON "User"("handle");
                CREATE INDEX "User_fullName_email_idx" ON "User"("fullName", "email");"#,
            agree: r#""name" = "fullName" AND "nick" IS NOT DISTINCT FROM "handle" AND "plan" = "tier" AND "seenAt" = "lastSeenAt"
                AND "about"::text IS NOT DISTINCT FROM "bio"::text"#,
            in_model: true,
        }),
    },
    Case {
        sample: "rename_by_hand",
        old: &[
            r#"INSERT INTO "Post" ("title") VALUES ('old')"#,
            r#"UPDATE "Post" SET "title" = 'older', "votes" = 1.00 WHERE "title" = 'old'"#,
            r#"SELECT "id", "title", "votes" FROM "Post""#,
        ],
        new: &[
            r#"INSERT INTO "Post" ("headline", "points") VALUES ('new', 2.5)"#,
            r#"UPDATE "Post" SET "headline" = 'newer', "points" = NULL WHERE "headline" = 'new'"#,
            r#"SELECT "id", "headline", "points" FROM "Post""#,
        ],
        files: &[6, 2],
        rename: Some(Renaming {
            flags: &[],
            kept: r#"ALTER TABLE "Post" RENAME COLUMN "title" TO "headline"; ALTER TABLE "Post" RENAME COLUMN "votes" TO "points""#,
            agree: r#""title" = "headline" AND "votes"::text IS NOT DISTINCT FROM "points"::text"#,
            in_model: true,
        }),
    },
    Case {
        sample: "rename_model",
        old: &[
            r#"INSERT INTO "User" ("email", "name") VALUES ('old', 'old') RETURNING "id""#,
            r#"INSERT INTO "User" ("email", "name", "nick", "plan", "teamId", "leaderId") SELECT 'old2', 'old', 'old', 'PAID', min("Team"."id"), min("User"."id")
               FROM "Team", "User""#,
            r#"INSERT INTO "User" ("email", "name") VALUES ('old', 'again') ON CONFLICT ("email") DO UPDATE SET "name" = excluded."name" RETURNING "id""#,
            r#"DO $$ BEGIN ASSERT (SELECT count(*) = 1 FROM "User" WHERE "email" = 'old' AND "name" = 'again' AND "plan" = 'FREE' AND "createdAt" IS NOT NULL); END $$"#,
            r#"INSERT INTO "Post" ("authorId") SELECT "id" FROM "User" WHERE "email" = 'old'"#,
            r#"UPDATE "User" SET "nick" = 'old' FROM "Post" WHERE "authorId" = "User"."id" AND "email" = 'old'"#,
            r#"SELECT "User"."id", "title" FROM "User" LEFT JOIN "Post" ON "authorId" = "User"."id" ORDER BY "createdAt" LIMIT 5"#,
            r#"SELECT "id" FROM "User" WHERE "email" = 'old' FOR UPDATE"#,
            r#"DELETE FROM "User" WHERE "email" IN ('old', 'old2')"#,
            // with its posts
            r#"DO $$ BEGIN ASSERT NOT EXISTS (SELECT FROM "Post" WHERE "authorId" NOT IN (SELECT "id" FROM "User")); END $$"#,
        ],
        new: &[
            r#"INSERT INTO "Account" ("email", "name", "plan") VALUES ('new', 'new', 'PAID')"#,
            r#"INSERT INTO "Post" ("authorId") SELECT "id" FROM "Account" WHERE "email" = 'new'"#,
            r#"UPDATE "Account" SET "nick" = 'newer' WHERE "email" = 'new'"#,
            r#"SELECT "Account"."id", "title" FROM "Account" LEFT JOIN "Post" ON "authorId" = "Account"."id" ORDER BY "createdAt""#,
            r#"DELETE FROM "Account" WHERE "email" = 'new'"#,
        ],
        files: &[1, 1],
        rename: Some(Renaming {
            flags: &["--rename", "User=Account"],
            kept: r#"ALTER TABLE "User" RENAME TO "Account"; ALTER SEQUENCE "User_id_seq" RENAME TO "Account_id_seq";
                ALTER TABLE "Account" RENAME CONSTRAINT "User_pkey" TO "Account_pkey";
                ALTER INDEX "User_email_key" RENAME TO "Account_email_key";
                ALTER INDEX "User_teamId_createdAt_idx" RENAME TO "Account_teamId_createdAt_idx";
                ALTER TABLE "Account" RENAME CONSTRAINT "User_teamId_fkey" TO "Account_teamId_fkey";
                ALTER TABLE "Account" RENAME CONSTRAINT "User_leaderId_fkey" TO "Account_leaderId_fkey""#,
            agree: "true",
            in_model: false,
        }),
    },
    Case {
        sample: "rename_table_by_hand",
        old: &[
            r#"INSERT INTO "Post" ("title") VALUES ('old')"#,
            r#"INSERT INTO "Comment" ("postId") SELECT "id" FROM "Post" WHERE "title" = 'old'"#,
            r#"UPDATE "Post" SET "title" = 'older' WHERE "title" = 'old'"#,
            r#"SELECT "Post"."id", "title" FROM "Post" JOIN "Comment" ON "postId" = "Post"."id""#,
            r#"SELECT "title" FROM "Latest""#,
            r#"DELETE FROM "Comment"; DELETE FROM "Post" WHERE "title" = 'older'"#,
        ],
        new: &[
            r#"INSERT INTO "Article" ("title") VALUES ('new')"#,
            r#"INSERT INTO "Comment" ("postId", "likes") SELECT "id", 1 FROM "Article" WHERE "title" = 'new'"#,
            r#"UPDATE "Article" SET "title" = 'newer' WHERE "title" = 'new'"#,
            r#"SELECT "Article"."id", "title", "likes" FROM "Article" JOIN "Comment" ON "postId" = "Article"."id""#,
            r#"SELECT "title" FROM "Latest""#,
        ],
        files: &[2, 1],
        rename: Some(Renaming {
            flags: &[],
            kept: r#"ALTER TABLE "Post" RENAME TO "Article"; ALTER TABLE "Article" RENAME CONSTRAINT "Post_pkey" TO "Article_pkey";
                ALTER TABLE "Comment" ADD COLUMN "likes" INTEGER NOT NULL DEFAULT 0"#,
            agree: "true",
            in_model: false,
        }),
    },
    Case {
        sample: "widen_column",
        old: &[
            r#"INSERT INTO "Counter" ("name") VALUES ('old')"#,
            r#"INSERT INTO "Counter" ("name", "hits") VALUES ('old2', 7)"#,
            r#"UPDATE "Counter" SET "hits" = "hits" + 1 WHERE "name" = 'old2'"#,
            r#"DO $$ BEGIN ASSERT (SELECT count(*) = 1 FROM "Counter" WHERE "name" = 'old2' AND "hits" = 8); END $$"#,
            r#"DO $$ BEGIN INSERT INTO "Counter" ("name") VALUES ('old'); RAISE 'twice'; EXCEPTION WHEN unique_violation THEN NULL; END $$"#,
            r#"DO $$ BEGIN UPDATE "Counter" SET "hits" = -1; RAISE 'no check'; EXCEPTION WHEN check_violation THEN NULL; END $$"#,
            r#"SELECT "id", "hits" FROM "Counter" WHERE "hits" > 100 ORDER BY "name", "hits""#,
            r#"DELETE FROM "Counter" WHERE "name" LIKE 'old%'"#,
        ],
        // the same: it works with both types
        new: &[
            r#"INSERT INTO "Counter" ("name", "hits") VALUES ('new', 2147483647)"#,
            r#"UPDATE "Counter" SET "hits" = 3 WHERE "name" = 'new'"#,
            r#"SELECT "id", "hits" FROM "Counter" WHERE "hits" = 3"#,
            r#"DELETE FROM "Counter" WHERE "name" = 'new'"#,
        ],
        files: &[14, 1],
        rename: None,
    },
    Case {
        sample: "remove_label",
        old: &[
            r#"INSERT INTO "Member" ("name") VALUES ('old')"#,
            // what the model of the new code does not have leaves the second column empty
            r#"INSERT INTO "Member" ("name", "role") VALUES ('old2', CAST('ADMIN'::text AS "public"."Role"))"#,
            r#"DO $$ BEGIN ASSERT (SELECT "role_new" IS NULL FROM "Member" WHERE "name" = 'old2'); END $$"#,
            r#"DO $$ BEGIN ASSERT (SELECT "role_new" = 'USER' FROM "Member" WHERE "name" = 'old'); END $$"#,
            r#"UPDATE "Member" SET "role" = 'OWNER' WHERE "name" = 'old2'"#,
            r#"DO $$ BEGIN ASSERT (SELECT "role_new" = 'OWNER' FROM "Member" WHERE "name" = 'old2'); END $$"#,
            r#"UPDATE "Member" SET "role" = 'ADMIN' WHERE "name" = 'old'"#,
            r#"DO $$ BEGIN ASSERT (SELECT "role_new" IS NULL FROM "Member" WHERE "name" = 'old'); END $$"#,
            r#"SELECT "id", "role"::text FROM "Member" WHERE "role" IN ('ADMIN', 'OWNER') ORDER BY "role""#,
            r#"DELETE FROM "Member" WHERE "name" LIKE 'old%'"#,
        ],
        new: &[
            r#"INSERT INTO "Member" ("name") VALUES ('new')"#,
            r#"INSERT INTO "Member" ("name", "role") VALUES ('new2', CAST('OWNER'::text AS "public"."Role"))"#,
            r#"DO $$ BEGIN INSERT INTO "Member" ("name") VALUES ('new'); RAISE 'twice'; EXCEPTION WHEN unique_violation THEN NULL; END $$"#,
            r#"UPDATE "Member" SET "role" = CAST('USER'::text AS "public"."Role") WHERE "name" = 'new2'"#,
            r#"DO $$ BEGIN ASSERT (SELECT count(*) = 2 FROM "Member" WHERE "name" LIKE 'new%' AND "role" = 'USER'); END $$"#,
            r#"SELECT "id", "role"::text FROM "Member" WHERE "role" <> 'USER' ORDER BY "name", "role""#,
            r#"DELETE FROM "Member" WHERE "name" LIKE 'new%'"#,
        ],
        files: &[6, 9],
        rename: None,
    },
    Case {
        sample: "remove_labels",
        old: &[
            r#"INSERT INTO "Task" ("state", "before") VALUES ('new', 'in work') RETURNING 'old'"#,
            r#"INSERT INTO "Bug" ("state") VALUES ('in work'), (NULL)"#,
            r#"UPDATE "Task" SET "state" = 'in work', "before" = 'done' WHERE "before" = 'in work'"#,
            r#"DO $$ BEGIN ASSERT (SELECT bool_and("state_new" IS NULL AND "before_new" = 'done') FROM "Task" WHERE "state" = 'in work'); END $$"#,
            r#"UPDATE "Bug" SET "state" = 'done' WHERE "state" = 'in work'"#,
            r#"DO $$ BEGIN ASSERT (SELECT bool_and("state_new"::text IS NOT DISTINCT FROM "state"::text) FROM "Bug"); END $$"#,
            r#"DELETE FROM "Task" WHERE "state" = 'in work'"#,
        ],
        new: &[
            // the default, and a label that the code before does not know
            r#"INSERT INTO "Task" DEFAULT VALUES RETURNING 'new'"#,
            r#"INSERT INTO "Task" ("state", "before") VALUES ('closed', CAST('closed'::text AS "state"))"#,
            r#"DO $$ BEGIN ASSERT (SELECT count(*) = 1 FROM "Task" WHERE "state" = 'closed' AND "before" = 'closed'); END $$"#,
            r#"INSERT INTO "Bug" ("state") VALUES ('closed')"#,
            r#"UPDATE "Bug" SET "state" = NULL WHERE "state" = 'closed'"#,
            r#"DELETE FROM "Task" WHERE "state" = 'closed'"#,
        ],
        files: &[8, 10],
        rename: None,
    },
    Case {
        sample: "split_field",
        old: &[
            r#"INSERT INTO "users" ("email", "name") VALUES ('old', 'Ada King Lovelace'), ('old2', 'Plato'), ('old3', NULL)"#,
            r#"DO $$ BEGIN ASSERT (SELECT "first_name" = 'Ada' AND "last_name" = 'King Lovelace' FROM "users" WHERE "email" = 'old'); END $$"#,
            // a name without a blank
            r#"DO $$ BEGIN ASSERT (SELECT "first_name" = 'Plato' AND "last_name" IS NULL FROM "users" WHERE "email" = 'old2'); END $$"#,
            r#"UPDATE "users" SET "name" = 'Grace Hopper' WHERE "email" = 'old'"#,
            r#"DO $$ BEGIN ASSERT (SELECT "first_name" = 'Grace' AND "last_name" = 'Hopper' FROM "users" WHERE "email" = 'old'); END $$"#,
            r#"SELECT "id", "name" FROM "users" ORDER BY "name""#,
            r#"DELETE FROM "users" WHERE "email" LIKE 'old%'"#,
        ],
        new: &[
            r#"INSERT INTO "users" ("email", "first_name", "last_name", "phone") VALUES ('new', 'Alan', 'Turing', '1')"#,
            r#"UPDATE "users" SET "first_name" = 'Alan M.' WHERE "email" = 'new'"#,
            r#"DO $$ BEGIN ASSERT (SELECT "first_name" = 'Alan M.' AND "status" = 'active' FROM "users" WHERE "email" = 'new'); END $$"#,
            r#"SELECT "id", "first_name", "last_name" FROM "users""#,
            r#"DELETE FROM "users" WHERE "email" = 'new'"#,
        ],
        files: &[6, 1],
        rename: Some(Renaming {
            flags: &[
                "--value",
                "users.first_name=split_part(name, ' ', 1)",
                "--value",
                "users.last_name=nullif(substr(name, strpos(name, ' ') + 1), name)",
            ],
            kept: r#"
                ALTER TABLE "users" ADD COLUMN "first_name" TEXT, ADD COLUMN "last_name" TEXT, ADD COLUMN "phone" TEXT,
                    ADD COLUMN "status" TEXT NOT NULL DEFAULT 'active';
                UPDATE "users" SET "first_name" = split_part("name", ' ', 1),
                    "last_name" = nullif(substr("name", strpos("name", ' ') + 1), "name");
                ALTER TABLE "users" DROP COLUMN "name";
                CREATE UNIQUE INDEX "users_phone_key" ON "users"("phone");
                CREATE INDEX "users_status_created_at_idx" ON "users"("status", "created_at" DESC);
            "#,
            agree: r#""first_name" IS NOT NULL OR "name" IS NULL"#,
            in_model: true,
        }),
    },
];

impl Case {
    pub fn sample(&self) -> Sample {
        let declared = Sample::declared(self.sample);
        if declared.is_there() { declared } else { Sample::named(self.sample) }
    }

    /// `SAFESTEP_TEST_ONLY` lists it, or is not set.
    pub fn is_asked_for(self: &&Self) -> bool {
        std::env::var("SAFESTEP_TEST_ONLY").map_or(true, |only| only.split(',').any(|name| name == self.sample))
    }

    /// The case of a sample.
    pub fn of(sample: &str) -> Result<&'static Case> {
        CASES.iter().find(|case| case.sample == sample).context("a case")
    }
}
