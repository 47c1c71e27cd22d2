from switchroom.cli import main

main()
