using EdgeRecorder.Simulators;
using EdgeRecorder.Simulators.Camera;
using EdgeRecorder.Simulators.GbDevice;
using EdgeRecorder.Simulators.Terminal;

// Peers that a recorder meets in the field, made of files. Nothing here is shared with src/: what these write checks what that reads.
try
{
    return args.FirstOrDefault() switch
    {
        "camera" => await CameraProgram.RunAsync(new Arguments(args.AsSpan(1))),
        "terminal" => await TerminalProgram.RunAsync(new Arguments(args.AsSpan(1))),
        "gbdevice" => await GbDeviceProgram.RunAsync(new Arguments(args.AsSpan(1))),
        _ => Usage(),
    };
}
catch (Exception e) when (e is UsageException or FormatException or OverflowException)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 2;
}

static int Usage()
{
    Console.Error.WriteLine($"""
        usage: simulators camera|terminal|gbdevice [switches]

        {CameraOptions.Help}

        {TerminalOptions.Help}

        {GbDeviceOptions.Help}
        """);
    return 2;
}
