from migrations.environment import run

run("auth")
