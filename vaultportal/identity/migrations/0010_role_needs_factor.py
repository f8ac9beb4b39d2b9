"""A role may ask its people for a second factor."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0009_lists_of_people"),
    ]

    operations = [
        migrations.AddField(
            model_name="role",
            name="needs_factor",
            field=models.BooleanField(
                default=False, verbose_name="its people need a second factor"
            ),
        ),
    ]
