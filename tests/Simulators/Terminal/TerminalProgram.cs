using System.Net;

namespace EdgeRecorder.Simulators.Terminal;

/// <summary>Runs terminals until a signal, or the end of standard input, ends them.</summary>
internal static class TerminalProgram
{
    public static async Task<int> RunAsync(Arguments args)
    {
        var options = TerminalOptions.Parse(args);
        var fleet = new Fleet(options);
        var commands = new TerminalCommands(fleet);
        foreach (var fault in options.Faults)
            commands.ExecuteAtStart(fault);
        using var control = options.ControlPort is { } port
            ? new ControlPort(IPAddress.Loopback, port, line => fleet.AskAsync(() => commands.Execute(line)))
            : null;
        using var life = new Lifetime(options.ExitWithParent);

        await Console.Out.WriteLineAsync($"running {options.Terminals} control {control?.Port ?? 0}");
        await Console.Out.FlushAsync(life.Stop);

        var pacer = new Thread(() => fleet.Run(life.Stop)) { Name = "pacer" };
        pacer.Start();
        try
        {
            await (control?.RunAsync(life.Stop) ?? Task.Delay(Timeout.Infinite, life.Stop));
        }
        catch (OperationCanceledException) when (life.Stop.IsCancellationRequested)
        {
            // Asked to end.
        }
        pacer.Join();
        if (options.Report is { } file)
            await File.WriteAllTextAsync(file, FleetStatistics.Of(fleet.Terminals, null) + "\n");
        return 0;
    }
}
