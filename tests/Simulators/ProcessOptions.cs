using System.Globalization;
using System.Net;

namespace EdgeRecorder.Simulators;

/// <summary>What the command line says of the process rather than of what it simulates.</summary>
/// <param name="Control">Where the command line protocol listens; null = nowhere.</param>
/// <param name="Report">The file that gets the answer of the command stats at the end.</param>
/// <param name="Faults">Fault commands of the command line, in their order.</param>
internal sealed record ProcessOptions(IPEndPoint? Control, string? Report, bool ExitWithParent, IReadOnlyList<string> Faults)
{
    /// <summary>To be read last: switches that nobody took are faults.</summary>
    /// <param name="report">The switch that names the report.</param>
    public static ProcessOptions TakeRest(Arguments args, IPAddress bind, string report) => new(
        args.Text("control") is { } port ? new(bind, int.Parse(port, CultureInfo.InvariantCulture)) : null,
        args.Text(report),
        args.Flag("exit-with-parent"),
        [.. args.Left.Select(a => a.Name == "fault" ? a.Value ?? "" : a.Value is null ? a.Name : $"{a.Name} {a.Value}")]);
}
