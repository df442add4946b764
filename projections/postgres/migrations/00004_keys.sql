-- +goose Up
-- The keys stand in a step of their own, because a rebuild fills the tables by
-- COPY before it makes them, several of a table at once.
CREATE UNIQUE INDEX events_position ON events (position);
CREATE INDEX events_scope_set ON events (scope_set, position);
CREATE UNIQUE INDEX scope_sets_id ON scope_sets (id);
CREATE INDEX journal_tuple ON journal (tuple);
CREATE INDEX journal_position ON journal (position);
CREATE INDEX journal_on_date ON journal USING brin (on_date) WITH (pages_per_range = 16);
CREATE INDEX tuples_project ON tuples (project);
CREATE UNIQUE INDEX tuples_id ON tuples (id);
CREATE INDEX tuples_organisation ON tuples (organisation) WHERE organisation IS NOT NULL;
CREATE INDEX tuples_district ON tuples (district);
CREATE UNIQUE INDEX areas_id ON areas (id);
CREATE INDEX areas_code ON areas (level, code, year) WHERE fund IS NULL;
CREATE INDEX areas_fund ON areas (level, fund, code) WHERE fund IS NOT NULL;
CREATE UNIQUE INDEX area_months_area ON area_months (area, month);
