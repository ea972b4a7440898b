using System.Net;

namespace EdgeRecorder.Simulators.GbDevice;

/// <summary>Runs devices until a signal, or the end of standard input, ends them; then they un-register.</summary>
internal static class GbDeviceProgram
{
    public static async Task<int> RunAsync(Arguments args)
    {
        var options = GbDeviceOptions.Parse(args);
        var fleet = new Fleet(options);
        var commands = new GbDeviceCommands(fleet);
        foreach (var fault in options.Faults)
            commands.ExecuteAtStart(fault);
        using var control = options.ControlPort is { } port
            ? new ControlPort(IPAddress.Loopback, port, line => fleet.AskAsync(() => commands.Execute(line)))
            : null;
        using var life = new Lifetime(options.ExitWithParent);

        await Console.Out.WriteLineAsync($"gbdevice {options.Devices} devices ready, control {control?.Port ?? 0}");
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
            await File.WriteAllTextAsync(file, FleetStatistics.Of(fleet.Devices, null) + "\n");
        return 0;
    }
}
