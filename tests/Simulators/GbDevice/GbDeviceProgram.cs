namespace EdgeRecorder.Simulators.GbDevice;

/// <summary>Runs devices until a signal, or the end of standard input, ends them; then they un-register.</summary>
internal static class GbDeviceProgram
{
    public static Task<int> RunAsync(Arguments args)
    {
        var options = GbDeviceOptions.Parse(args);
        var fleet = new Fleet(options);
        var commands = new GbDeviceCommands(fleet);
        return new PacedProgram(options.Process, commands, line => fleet.Inbox.AskAsync(() => commands.Execute(line)))
            .RunAsync(control => $"gbdevice {options.Devices} devices ready, control {control}", fleet.Run, () => FleetStatistics.Of(fleet.Devices, null));
    }
}
