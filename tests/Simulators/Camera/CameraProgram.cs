using System.Runtime.InteropServices;

namespace EdgeRecorder.Simulators.Camera;

/// <summary>Runs the camera until a signal, or the end of standard input, ends it.</summary>
internal static class CameraProgram
{
    public static async Task<int> RunAsync(Arguments args)
    {
        var options = CameraOptions.Parse(args);
        using var server = new RtspServer(options);
        var commands = new ControlCommands(server);
        foreach (var fault in options.Faults)
            commands.ExecuteAtStart(fault);
        using var control = options.ControlPort is { } port ? new ControlPort(options.Bind, port, commands) : null;

        using var stop = new CancellationTokenSource();
        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        if (options.ExitWithParent)
            _ = StopAtEndOfInputAsync(stop);

        await Console.Out.WriteLineAsync($"listening {server.EndPoint} control {control?.Port ?? 0}");
        await Console.Out.FlushAsync(stop.Token);

        var pacer = new Thread(() => new Pacer(server).Run(stop.Token)) { Name = "pacer" };
        pacer.Start();
        try
        {
            await Task.WhenAll(server.RunAsync(stop.Token), control?.RunAsync(stop.Token) ?? Task.CompletedTask);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Asked to end.
        }
        pacer.Join();
        if (options.CountFile is { } file)
            await File.WriteAllTextAsync(file, Statistics.OfSessions(server, null) + "\n");
        return 0;
    }

    private static async Task StopAtEndOfInputAsync(CancellationTokenSource stop)
    {
        // A parent that died, even by kill -9, has closed its end of the pipe.
        await using var input = Console.OpenStandardInput();
        var buffer = new byte[256];
        while (await input.ReadAsync(buffer) > 0)
        {
        }
        await stop.CancelAsync();
    }
}
