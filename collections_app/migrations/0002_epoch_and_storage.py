"""The schema's epoch moves with every change of a collection or property; cells are kept as they are."""

from django.db import migrations

FORWARD = """
INSERT INTO collections_app_schemaepoch (id, value) VALUES (1, 1);

CREATE FUNCTION collections_app_move_epoch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE collections_app_schemaepoch SET value = value + 1;
    RETURN NULL;
END
$$;

CREATE TRIGGER collection_moves_epoch
    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON collections_app_collection
    FOR EACH STATEMENT EXECUTE FUNCTION collections_app_move_epoch();
CREATE TRIGGER property_moves_epoch
    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON collections_app_property
    FOR EACH STATEMENT EXECUTE FUNCTION collections_app_move_epoch();

-- Ciphertext does not compress: do not try.
ALTER TABLE collections_app_object ALTER COLUMN cells SET STORAGE EXTERNAL;
ALTER TABLE collections_app_token ALTER COLUMN cells SET STORAGE EXTERNAL;
"""

BACKWARD = """
DROP TRIGGER property_moves_epoch ON collections_app_property;
DROP TRIGGER collection_moves_epoch ON collections_app_collection;
DROP FUNCTION collections_app_move_epoch();
DELETE FROM collections_app_schemaepoch;
ALTER TABLE collections_app_object ALTER COLUMN cells SET STORAGE EXTENDED;
ALTER TABLE collections_app_token ALTER COLUMN cells SET STORAGE EXTENDED;
"""


class Migration(migrations.Migration):
    dependencies = [("collections_app", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
