from migrations.environment import run

run("booking")
