namespace EdgeRecorder.Simulators;

/// <summary>A simulator as a process: faults of the command line, a control port, one thread that moves everybody, a report at the end.</summary>
/// <param name="ask">Executes a line of the control port where it may be executed.</param>
internal sealed class PacedProgram(ProcessOptions options, Commands commands, Func<string, Task<string>> ask)
{
    /// <summary>Runs until a signal, or the end of standard input, ends it.</summary>
    /// <param name="ready">The first line of output, with the port of the control port; 0 = there is none.</param>
    /// <param name="pace">The pacer's thread.</param>
    /// <param name="serve">What else runs.</param>
    public async Task<int> RunAsync(Func<int, string> ready, Action<CancellationToken> pace, Func<string> report, Func<CancellationToken, Task>? serve = null)
    {
        foreach (var fault in options.Faults)
            commands.ExecuteAtStart(fault);
        using var control = options.Control is { } at ? new ControlPort(at, ask) : null;
        using var life = new Lifetime(options.ExitWithParent);
        var stop = life.Stop;

        await Console.Out.WriteLineAsync(ready(control?.Port ?? 0));
        await Console.Out.FlushAsync(stop);

        var pacer = new Thread(() => pace(stop)) { Name = "pacer" };
        pacer.Start();
        try
        {
            await await Task.WhenAny(control?.RunAsync(stop) ?? Task.Delay(Timeout.Infinite, stop), serve?.Invoke(stop) ?? Task.Delay(Timeout.Infinite, stop));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Asked to end.
        }
        pacer.Join();
        if (options.Report is { } file)
            await File.WriteAllTextAsync(file, report() + "\n");
        return 0;
    }
}
