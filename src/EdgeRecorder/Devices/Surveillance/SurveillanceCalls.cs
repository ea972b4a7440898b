using System.Collections.Concurrent;
using EdgeRecorder.Configuration;
using EdgeRecorder.Gb28181.Media;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;

namespace EdgeRecorder.Devices.Surveillance;

/// <summary>What the calls of all devices share: ports, SSRCs, how many are being made, and what became of those before.</summary>
internal sealed class SurveillanceCalls(DeviceCatalog catalog, Gb28181Options options, IMediaReception reception, BoxClock clock, TimeProvider time)
{
    /// <summary>Calls of one device that wait for an answer: recorders with dozens of cameras refuse more at once, or fall over.</summary>
    public const int MostOpening = 2;

    private readonly ConcurrentDictionary<(int Device, string Channel, byte Stream), CallLine> _lines = [];
    private readonly ConcurrentDictionary<int, SemaphoreSlim> _opening = [];

    public string ServerId => options.ServerId;
    public SsrcPool Ssrcs { get; } = new(options.Domain);
    public IMediaReception Reception => reception;
    public BoxClock Clock => clock;
    public TimeProvider Time => time;
    public SlowTimer Timer { get; } = SlowTimer.Of(time);

    public CallLine Line(SurveillanceDevice device, string channel, byte stream) => _lines.GetOrAdd((device.Number, channel, stream), _ => new());

    /// <summary>Waits for its turn; disposed when the call was answered.</summary>
    public async Task<IDisposable> EnterAsync(SurveillanceDevice device, CancellationToken stop)
    {
        var gate = _opening.GetOrAdd(device.Number, _ => new(MostOpening));
        await gate.WaitAsync(stop);
        return new Turn(gate);
    }

    /// <summary>The device's row, when it may deliver; null and why it may not.</summary>
    public DeviceRow? Admitted(SurveillanceDevice device, out SourceException? refusal)
    {
        var row = catalog.Find(device.Number);
        refusal = row?.State switch
        {
            Approval.Approved => null,
            null => new(GapReason.Offline, "the device was forgotten") { Pause = TimeSpan.FromMinutes(5) },
            Approval.Waiting => new(GapReason.Unauthorized, "the device waits for approval") { Pause = TimeSpan.FromMinutes(5) },
            _ => new(GapReason.Unauthorized, "the device was refused") { Pause = TimeSpan.FromMinutes(5) },
        };
        return refusal is null ? row : null;
    }

    private sealed class Turn(SemaphoreSlim gate) : IDisposable
    {
        private SemaphoreSlim? _gate = gate;

        public void Dispose() => Interlocked.Exchange(ref _gate, null)?.Release();
    }
}
