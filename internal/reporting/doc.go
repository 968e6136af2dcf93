// Package reporting takes requests for reports, makes them in the background, keeps their files and hands them out.
//
// A request is checked, and stored with its job in one transaction; an identical one over unchanged data is the report that
// exists. Jobs are River's (https://riverqueue.com), in the same database, and accounts take turns at them. A worker claims a report by a lease that it renews, and
// everything that it writes is bound to that claim: a worker that was killed is overtaken within seconds, and one that comes back
// can neither overwrite nor announce anything. What may pass is tried again with growing pauses, what won't is a failure with a
// reason in plain words. Files are in the database, in pieces, or in an S3 store. Schedules ask for reports by themselves.
//
// The package owns the tables reports, report_assets, report_turns, report_pieces, report_waste, report_letters, report_settings,
// report_schedules and report_schedule_assets, and the routes /api/v1/reports/…, /api/v1/report-schedules/… and
// /api/{account_key}/report-setting. The routes of reports name no account in the path: they enter one (bearer.Enter). It refuses
// whom a report shows more than they may see: a member who is limited to a part of the assets has reports of those alone.
//
// Read report.go first: what a report is. Then request.go for the way in, job.go, turn.go and work.go for how it is made, tend.go for what
// is looked after meanwhile, file.go for its file, schedule.go for schedules.
package reporting
