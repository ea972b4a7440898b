using System.Globalization;
using EdgeRecorder.Cascade;
using EdgeRecorder.Devices;

namespace EdgeRecorder.Hosting;

/// <summary>Platforms above in /metrics; nothing where none is configured.</summary>
internal sealed class CascadeFigures(IPlatformStates states) : IDeviceFigures
{
    public IEnumerable<Figure> Read()
    {
        if (states.Figures is not { Count: > 0 } platforms)
            return [];
        return
        [
            .. Each("registered", "gauge", "1 while the box is registered with the platform above.", p => p.IsRegistered ? 1 : 0),
            .. Each("registrations_total", "counter", "Registrations with it, without renewals.", p => p.Registrations),
            .. Each("calls", "gauge", "Calls of it that are open.", p => p.Calls),
            .. Each("calls_total", "counter", "Calls of it.", p => p.CallsBegun),
            .. Each("subscriptions", "gauge", "What it wants to be told of.", p => p.Subscriptions),
            .. Each("refused_total", "counter", "Calls, subscriptions and documents of it that were not taken.", p => p.Refused),
            .. Each("packets_total", "counter", "RTP packets sent to it.", p => p.Packets),
            .. Each("dropped_total", "counter", "Pictures and sounds that it was too slow to take.", p => p.Dropped),
            new("edge_recorder_platform_strangers_total", "counter", "Requests of nobody that the box is registered with.", states.Strangers),
        ];

        IEnumerable<Figure> Each(string name, string type, string help, Func<PlatformFigures, double> value)
            => platforms.Select(p => new Figure($"edge_recorder_platform_{name}", type, help, value(p), "platform", string.Create(CultureInfo.InvariantCulture, $"{p.ServerId}@{p.Host}:{p.Port}")));
    }
}
