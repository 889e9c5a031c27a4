from migrations.environment import run

run("salon")
