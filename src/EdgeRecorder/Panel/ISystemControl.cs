using System.ComponentModel;
using System.Diagnostics;

namespace EdgeRecorder.Panel;

/// <summary>What only the system can do. Null when it was asked and took it, else why not.</summary>
internal interface ISystemControl
{
    Task<string?> PowerOffAsync();
    Task<string?> RestoreNetworkAsync();
}

/// <summary>systemd, through its own command: what it may do is then decided where it always is.</summary>
internal sealed class Systemctl(string program = "systemctl") : ISystemControl
{
    /// <summary>Puts back the network settings the box came with, and applies them; part of the box's root file system.</summary>
    public const string NetworkUnit = "edge-recorder-restore-network.service";

    /// <summary>systemd then ends the daemon like everything else: it syncs, finishes its files, and only then the supply goes.</summary>
    public Task<string?> PowerOffAsync() => RunAsync("poweroff");

    public Task<string?> RestoreNetworkAsync() => RunAsync("start", NetworkUnit);

    private async Task<string?> RunAsync(params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, ["--no-ask-password", .. arguments]) { RedirectStandardError = true })!;
            var errors = await process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            return process.ExitCode == 0 ? null : $"systemctl {string.Join(' ', arguments)}: {(errors.Length > 0 ? errors.Trim() : $"exit code {process.ExitCode}")}";
        }
        catch (Win32Exception e)
        {
            return $"{program}: {e.Message}";
        }
    }
}

/// <summary>Beside a simulated panel: nothing of the machine is touched.</summary>
internal sealed class SimulatedSystem : ISystemControl
{
    public Task<string?> PowerOffAsync() => Task.FromResult<string?>("the panel is simulated");
    public Task<string?> RestoreNetworkAsync() => Task.FromResult<string?>("the panel is simulated");
}
