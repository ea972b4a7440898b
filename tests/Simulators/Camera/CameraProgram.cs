namespace EdgeRecorder.Simulators.Camera;

/// <summary>Runs the camera until a signal, or the end of standard input, ends it.</summary>
internal static class CameraProgram
{
    public static async Task<int> RunAsync(Arguments args)
    {
        var options = CameraOptions.Parse(args);
        using var server = new RtspServer(options);
        var commands = new ControlCommands(server);
        return await new PacedProgram(options.Process, commands, line => Task.FromResult(commands.Execute(line))).RunAsync(
            control => $"listening {server.EndPoint} control {control}", new Pacer(server).Run, () => Statistics.OfSessions(server, null), server.RunAsync);
    }
}
