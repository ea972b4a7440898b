using System.Globalization;
using EdgeRecorder.Jt1078;
using EdgeRecorder.Jt808;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Recording;

namespace EdgeRecorder.Devices;

/// <summary>What the API asks of vehicle terminals, as JT/T 808 and JT/T 1078 say it.</summary>
internal sealed class VehicleProtocol(VehicleTerminals terminals, ILogger<TerminalSession> log) : IDeviceProtocol
{
    /// <summary>A person waits for it; the server itself would try for 54 s.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public string Protocol => VehicleTerminals.Name;

    public string? Identity(string text) => text.All(char.IsAsciiDigit) && SimNumber.TryParse(text, out var sim) ? sim.ToString() : null;

    public bool IsChannel(string channel) => byte.TryParse(channel, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 && channel[0] != '0';

    public Presence? Presence(DeviceRow device) => terminals.Of(device.Number) is { Connection: { } connection } terminal
        ? new(terminal.Since, connection.Remote, connection.Layout == HeaderLayout.Jt2019 ? "2019" : "2013") : null;

    public DeviceReport? Report(DeviceRow device) => terminals.Of(device.Number).Report;

    public ISourceSession Connect(ChannelDefinition channel, byte stream) => terminals.Connect(channel, stream, log);

    public async Task MoveAsync(DeviceRow device, string channel, PtzMove move, CancellationToken stop)
    {
        if (move.Action > PtzAction.LightOff)
            throw new DeviceException(DeviceFault.Unsupported, "JT/T 1078 has no presets, cruises or diagonals");
        var result = await AskAsync(device, (terminal, patience) => terminal.CommandAsync(Message(Number(channel), move), patience), stop);
        if (result != GeneralResult.Ok)
            throw new DeviceException(DeviceFault.Refused, $"the terminal answered {result}");
    }

    public Task<IReadOnlyList<CameraPreset>> PresetsAsync(DeviceRow device, string channel, CancellationToken stop)
        => Task.FromException<IReadOnlyList<CameraPreset>>(new DeviceException(DeviceFault.Unsupported, "JT/T 1078 has no presets"));

    public Task CommandAsync(DeviceRow device, DeviceOrder order, CancellationToken stop)
        => Task.FromException(new DeviceException(DeviceFault.Unsupported, "vehicle terminals are told nothing of that kind"));

    public async Task<IReadOnlyList<StoredFootage>> ListFootageAsync(DeviceRow device, string? channel, DateTimeOffset from, DateTimeOffset to, CancellationToken stop)
    {
        var time = terminals.Of(device.Number).Time;
        var query = new T9205FootageQuery(channel is null ? (byte)0 : Number(channel), time.ToWire(from, device.Clock), time.ToWire(to, device.Clock));
        var found = await AskAsync(device, (terminal, _) => terminal.QueryFootageAsync(query, stop), stop);
        return [.. found.Select(item => new StoredFootage(item.Channel.ToString(CultureInfo.InvariantCulture), time.FromWire(item.From, device.Clock), time.FromWire(item.To, device.Clock),
            item.Stream switch { StoredStream.Main => "main", StoredStream.Sub => "sub", _ => "" }, item.Storage switch { StorageUnit.Main => "main", StorageUnit.Backup => "backup", _ => "" },
            item.Kind switch { StoredKind.Audio => "audio", StoredKind.Video => "video", _ => "audio+video" }, item.SizeBytes, AlarmKinds.Of(item.Alarms)))
            .OrderBy(item => item.From).ThenBy(item => item.Channel, StringComparer.Ordinal)];
    }

    public Task BringFootageAsync(DeviceRow device, string channel, FootageWish wish, IFootageSink sink, CancellationToken stop)
    {
        RequireApproved(device);
        return new TerminalPlayback(terminals, terminals.Of(device.Number), device, Number(channel), wish, sink).RunAsync(stop);
    }

    private async Task<T> AskAsync<T>(DeviceRow device, Func<ITerminal, CancellationToken, Task<T>> ask, CancellationToken stop)
    {
        RequireApproved(device);
        var connection = terminals.Of(device.Number).Connection ?? throw new DeviceException(DeviceFault.NotConnected, "the terminal is not connected");
        using var patience = new CancellationTokenSource(Patience, terminals.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, stop);
        try
        {
            return await ask(connection, either.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new DeviceException(DeviceFault.Silent, "the terminal does not answer");
        }
        catch (TimeoutException)
        {
            throw new DeviceException(DeviceFault.Silent, "the terminal does not answer");
        }
        catch (TerminalGoneException e)
        {
            throw new DeviceException(DeviceFault.NotConnected, e.Message);
        }
        catch (TerminalRefusedException e)
        {
            throw new DeviceException(e.Result == GeneralResult.NotSupported ? DeviceFault.Unsupported : DeviceFault.Refused, e.Message);
        }
    }

    private static void RequireApproved(DeviceRow device)
    {
        if (device.State != Approval.Approved)
            throw new DeviceException(DeviceFault.NotApproved, "the device is not approved");
    }

    private static byte Number(string channel) => byte.Parse(channel, NumberStyles.None, CultureInfo.InvariantCulture);

    private static PlatformMessage Message(byte channel, PtzMove move) => move.Action switch
    {
        PtzAction.Up => new T9301Turn(channel, PtzDirection.Up, move.Speed),
        PtzAction.Down => new T9301Turn(channel, PtzDirection.Down, move.Speed),
        PtzAction.Left => new T9301Turn(channel, PtzDirection.Left, move.Speed),
        PtzAction.Right => new T9301Turn(channel, PtzDirection.Right, move.Speed),
        PtzAction.ZoomIn => new T9306Zoom(channel, IsOut: false),
        PtzAction.ZoomOut => new T9306Zoom(channel, IsOut: true),
        PtzAction.FocusFar => new T9302Focus(channel, IsSmaller: false),
        PtzAction.FocusNear => new T9302Focus(channel, IsSmaller: true),
        PtzAction.IrisOpen => new T9303Iris(channel, IsSmaller: false),
        PtzAction.IrisClose => new T9303Iris(channel, IsSmaller: true),
        PtzAction.WiperOn => new T9304Wiper(channel, IsOn: true),
        PtzAction.WiperOff => new T9304Wiper(channel, IsOn: false),
        PtzAction.LightOn => new T9305InfraredLight(channel, IsOn: true),
        PtzAction.LightOff => new T9305InfraredLight(channel, IsOn: false),
        _ => new T9301Turn(channel, PtzDirection.Stop, 0),
    };
}
