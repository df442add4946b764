-- +goose Up
-- The keys stand in a step of their own, because a rebuild fills the tables by
-- COPY before it makes them.
ALTER TABLE events ADD PRIMARY KEY (position);
CREATE INDEX events_scope_set ON events (scope_set, position);
CREATE INDEX events_time ON events (time);
CREATE INDEX events_corrects ON events (corrects) WHERE corrects IS NOT NULL;
ALTER TABLE scope_sets ADD PRIMARY KEY (id);
ALTER TABLE journal ADD PRIMARY KEY (position, line);
CREATE INDEX journal_tuple ON journal (tuple, account, position);
CREATE INDEX journal_on_date ON journal USING brin (on_date) WITH (pages_per_range = 16);
ALTER TABLE tuples ADD PRIMARY KEY (id);
CREATE INDEX tuples_project ON tuples (project);
CREATE INDEX tuples_organisation ON tuples (organisation) WHERE organisation IS NOT NULL;
CREATE INDEX tuples_district ON tuples (district, year);
CREATE INDEX areas_code ON areas (level, code, year);
ALTER TABLE area_months ADD PRIMARY KEY (area, month);
