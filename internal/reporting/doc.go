// Package reporting takes requests for reports, makes them in the background, keeps their files and hands them out.
package reporting
