// Package web draws the pages: templates, charts as SVG, the table of words and
// the static files, all embedded. It formats and lays out; it holds no rule and
// asks nobody for figures. The handlers in package api hand it what the read
// model answered.
//
// Formats are those of UX.md 7: amounts in yuan with two decimals, negative
// ones in parentheses; head figures in ten thousands; dates and times in
// UTC+8; positions as #48,209. Every mark of a chart is a link to the lines
// that add up to it, and every chart carries the table it was drawn from.
package web
