namespace EdgeRecorder.Simulators.Terminal;

/// <summary>Runs terminals until a signal, or the end of standard input, ends them.</summary>
internal static class TerminalProgram
{
    public static Task<int> RunAsync(Arguments args)
    {
        var options = TerminalOptions.Parse(args);
        var fleet = new Fleet(options);
        var commands = new TerminalCommands(fleet);
        return new PacedProgram(options.Process, commands, line => fleet.Inbox.AskAsync(() => commands.Execute(line)))
            .RunAsync(control => $"running {options.Terminals} control {control}", fleet.Run, () => FleetStatistics.Of(fleet.Terminals, null));
    }
}
