-- $1 administrator, $2 ADMIN_EMAIL or null, $3 days. Figures as JSON text; no
-- row for anybody who is no administrator
select usage_figures($3::integer) where is_administrator($1, $2)
