using System.Net;
using System.Net.Sockets;
using EdgeRecorder.DigestAuth;
using EdgeRecorder.Gb28181.Manscdp;
using EdgeRecorder.Sip;

namespace EdgeRecorder.Cascade;

/// <summary>
/// The box's registration with one platform (GB/T 28181-2022, 9.1 and 9.6): REGISTER with Digest, renewed after two thirds of its time, a heartbeat between. A platform that is silent three times, or does not
/// know us any more because it was restarted, is registered with anew; one that refuses, after a minute.
/// </summary>
internal sealed partial class PlatformRegistration(UpperPlatform platform, SipEndpoint endpoint, SipUri server, SipUri own)
{
    private const int MostMisses = 3;
    private const int MostDoublings = 4;
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(5), LongestPause = TimeSpan.FromSeconds(60), GoodByePatience = TimeSpan.FromSeconds(2);

    private readonly string _tag = endpoint.NewToken();
    private string _callId = "";
    private TaskCompletionSource _lost = new();
    private int _failures;
    private string _said = "";

    /// <summary>The way to the platform while it is registered with; what comes from elsewhere is not its.</summary>
    public SipFlow? Flow { get; private set; }
    public bool IsRegistered => Flow is not null;

    /// <summary>Why it is not.</summary>
    public string Detail { get; private set; } = "not registered yet";
    public long Count { get; private set; }

    /// <summary>A connection is gone.</summary>
    public void Closed(SipFlow flow)
    {
        if (flow.Equals(Flow))
            _lost.TrySetResult();
    }

    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                var end = await OnceAsync(stop).ConfigureAwait(false);
                Lose(end.Why);
                await Task.Delay(end.Refused ? Spread(LongestPause) : Pause(), platform.Box.Time, stop).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            await GoodByeAsync().ConfigureAwait(false);
            Flow = null;
        }
    }

    /// <summary>Registered until it ends, or not at all.</summary>
    private async Task<(string Why, bool Refused)> OnceAsync(CancellationToken stop)
    {
        SipFlow flow;
        try
        {
            flow = await ConnectAsync(stop).ConfigureAwait(false);
        }
        catch (SocketException e)
        {
            return (e.Message, false);
        }
        (_lost, _callId) = (new(TaskCreationOptions.RunContinuationsAsynchronously), $"{endpoint.NewToken()}@{endpoint.LocalOf(flow).Host}");
        var answer = await RegisterAsync(flow, platform.Options.ExpiresSeconds).WaitAsync(stop).ConfigureAwait(false);
        if (!answer.IsSuccess)
            return (Describe("REGISTER", answer), !answer.IsMadeHere && answer.Status is >= 400 and < 500);
        (Flow, Detail, _failures, _said) = (flow, "", 0, "");
        Count++;
        LogRegistered(platform.Box.Log, platform.Options.ServerId, flow);
        return (await StayAsync(flow, answer, stop).ConfigureAwait(false), false);
    }

    /// <returns>Why it is over.</returns>
    private async Task<string> StayAsync(SipFlow flow, SipMessage answer, CancellationToken stop)
    {
        var time = platform.Box.Time;
        var registered = time.GetTimestamp();
        var renewal = Renewal(answer);
        for (var misses = 0; ;)
        {
            var left = renewal - time.GetElapsedTime(registered);
            var heartbeat = TimeSpan.FromSeconds(platform.Options.KeepaliveSeconds);
            if (await IsLostWithinAsync(left < heartbeat ? left : heartbeat, stop).ConfigureAwait(false))
                return "the connection is gone";
            if (time.GetElapsedTime(registered) >= renewal)
            {
                answer = await RegisterAsync(flow, platform.Options.ExpiresSeconds).WaitAsync(stop).ConfigureAwait(false);
                if (!answer.IsSuccess)
                    return Describe("REGISTER", answer);
                (registered, renewal) = (time.GetTimestamp(), Renewal(answer));
                continue;
            }
            var heard = await platform.SendAsync(new Keepalive(true) { Sn = platform.NextNumber(), DeviceId = own.User }, flow).WaitAsync(stop).ConfigureAwait(false);
            if (heard is { IsMadeHere: false, Status: >= 400 and < 500 })
                return Describe("Keepalive", heard);        // it does not know us: it was restarted
            misses = heard.IsSuccess ? 0 : misses + 1;
            if (misses >= MostMisses)
                return Describe("Keepalive", heard);
        }
    }

    private async Task<SipFlow> ConnectAsync(CancellationToken stop)
    {
        var options = platform.Options;
        if (!IPAddress.TryParse(options.Host, out var address))
        {
            var found = await Dns.GetHostAddressesAsync(options.Host, stop).ConfigureAwait(false);
            address = Array.Find(found, one => one.AddressFamily == AddressFamily.InterNetwork) ?? throw new SocketException((int)SocketError.HostNotFound);
        }
        return await endpoint.ConnectAsync(new(address, options.Port), options.Transport == Configuration.PlatformTransport.Tcp ? SipTransport.Tcp : SipTransport.Udp, stop).ConfigureAwait(false);
    }

    /// <summary>A challenge each time: platforms that take a nonce once are as many as those that take it again.</summary>
    private Task<SipMessage> RegisterAsync(SipFlow flow, int expiresSeconds)
        => endpoint.SendAsync(new("REGISTER", server, own, own)
        {
            CallId = _callId, FromTag = _tag,
            Headers = [("Expires", expiresSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture)), ("X-GB-Ver", "2.0"), ("User-Agent", "EdgeRecorder")],
        }, flow, platform.Options.Password is { } password ? new Authenticator(own.User, password, allowBasic: false) : null);

    private TimeSpan Renewal(SipMessage answer)
    {
        var seconds = answer.ExpiresSeconds is > 0 and var granted ? Math.Min(granted, platform.Options.ExpiresSeconds) : platform.Options.ExpiresSeconds;
        return TimeSpan.FromSeconds(Math.Max(5, seconds * 2 / 3));
    }

    private async Task<bool> IsLostWithinAsync(TimeSpan wait, CancellationToken stop)
    {
        try
        {
            await _lost.Task.WaitAsync(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, platform.Box.Time, stop).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private void Lose(string why)
    {
        (Flow, Detail) = (null, why);
        platform.EndCalls();
        if (why == _said)
            return;                                         // an outage is said once for each reason
        _said = why;
        LogLost(platform.Box.Log, platform.Options.ServerId, why);
    }

    private TimeSpan Pause()
    {
        var pause = FirstPause * (1 << Math.Min(_failures++, MostDoublings));
        return Spread(pause < LongestPause ? pause : LongestPause);
    }

    /// <summary>A fifth shorter or longer by chance: boxes behind one platform that restarted do not come all at once.</summary>
    private static TimeSpan Spread(TimeSpan pause) => pause * (0.8 + Random.Shared.NextDouble() * 0.4);

    private async Task GoodByeAsync()
    {
        if (Flow is not { IsOpen: true } flow)
            return;
        try
        {
            await RegisterAsync(flow, 0).WaitAsync(GoodByePatience, platform.Box.Time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // It does not hear; the registration expires.
        }
    }

    private static string Describe(string what, SipMessage answer) => answer.IsMadeHere && answer.Status == 408 ? $"no answer to {what}" : $"{what} was answered {answer.Status} {answer.Reason}";

    [LoggerMessage(Level = LogLevel.Information, Message = "Registered with platform {Platform} over {Flow}")]
    private static partial void LogRegistered(ILogger log, string platform, SipFlow flow);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Platform {Platform} cannot be had: {Why}")]
    private static partial void LogLost(ILogger log, string platform, string why);
}
