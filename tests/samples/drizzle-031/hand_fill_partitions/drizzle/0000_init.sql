CREATE TABLE "events" (
	"day" integer
) PARTITION BY RANGE ("day");
--> statement-breakpoint
CREATE TABLE "events_1" PARTITION OF "events" FOR VALUES FROM (0) TO (5000);
--> statement-breakpoint
CREATE TABLE "events_rest" PARTITION OF "events" DEFAULT;
