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
        using var control = options.ControlPort is { } port ? new ControlPort(options.Bind, port, line => Task.FromResult(commands.Execute(line))) : null;

        using var life = new Lifetime(options.ExitWithParent);
        var stop = life.Stop;

        await Console.Out.WriteLineAsync($"listening {server.EndPoint} control {control?.Port ?? 0}");
        await Console.Out.FlushAsync(stop);

        var pacer = new Thread(() => new Pacer(server).Run(stop)) { Name = "pacer" };
        pacer.Start();
        try
        {
            await Task.WhenAll(server.RunAsync(stop), control?.RunAsync(stop) ?? Task.CompletedTask);
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
}
