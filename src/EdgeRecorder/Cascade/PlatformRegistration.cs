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
internal sealed partial class PlatformRegistration(UpperPlatform platform, SipEndpoint endpoint, SipUri own)
{
    private const int MostMisses = 3;
    private const int DefaultPort = 5060;
    private const int MostDoublings = 4;
    private const int MostRedirections = 3;
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(5), LongestPause = TimeSpan.FromSeconds(60), GoodByePatience = TimeSpan.FromSeconds(2);

    private readonly string _tag = endpoint.NewToken();
    private string _callId = "";
    private TaskCompletionSource _lost = new();
    private int _failures;
    private string _said = "";

    /// <summary>The way to the platform while it is registered with; what comes from elsewhere is not its.</summary>
    public SipFlow? Flow { get; private set; }
    public bool IsRegistered => Flow is not null;
    public DateTimeOffset? Since { get; private set; }

    /// <summary>Whom we are registered with: the platform that is configured, or the one that it sent us to.</summary>
    public SipUri Server { get; private set; } = Configured(platform.Options);

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
        Server = Configured(platform.Options);
        var (host, port) = (platform.Options.Host, platform.Options.Port);
        SipFlow flow;
        SipMessage answer;
        for (var redirections = 0; ; redirections++)
        {
            try
            {
                flow = await ConnectAsync(host, port, stop).ConfigureAwait(false);
            }
            catch (SocketException e)
            {
                return (e.Message, false);
            }
            (_lost, _callId) = (new(TaskCreationOptions.RunContinuationsAsynchronously), $"{endpoint.NewToken()}@{endpoint.LocalOf(flow).Host}");
            answer = await RegisterAsync(flow, platform.Options.ExpiresSeconds).WaitAsync(stop).ConfigureAwait(false);
            if (answer.Status != 302 || redirections == MostRedirections || answer.Contacts.FirstOrDefault()?.Uri is not { } other)
                break;
            // GB/T 28181-2022, 9.1: another server has room. It is asked for anew each time, by the one that is configured.
            (host, port) = (other.Host.Trim('[', ']'), other.Port > 0 ? other.Port : DefaultPort);
            Server = other.User.Length > 0 ? new(other.User, Server.Host) : Server;
            LogSentOn(platform.Box.Log, platform.Options.ServerId, Server.User, host, port);
        }
        if (!answer.IsSuccess)
            return (Describe("REGISTER", answer), !answer.IsMadeHere && answer.Status is >= 300 and < 500);
        (Flow, Detail, _failures, _said, Since) = (flow, "", 0, "", platform.Box.Time.GetUtcNow());
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

    private async Task<SipFlow> ConnectAsync(string host, int port, CancellationToken stop)
    {
        if (!IPAddress.TryParse(host, out var address))
        {
            var found = await Dns.GetHostAddressesAsync(host, stop).ConfigureAwait(false);
            address = Array.Find(found, one => one.AddressFamily == AddressFamily.InterNetwork) ?? throw new SocketException((int)SocketError.HostNotFound);
        }
        return await endpoint.ConnectAsync(new(address, port), platform.Options.Transport == Configuration.PlatformTransport.Tcp ? SipTransport.Tcp : SipTransport.Udp, stop).ConfigureAwait(false);
    }

    private static SipUri Configured(Configuration.PlatformOptions options) => new(options.ServerId, options.Realm);

    /// <summary>A challenge each time: platforms that take a nonce once are as many as those that take it again.</summary>
    private Task<SipMessage> RegisterAsync(SipFlow flow, int expiresSeconds)
        => endpoint.SendAsync(new("REGISTER", Server, own, own)
        {
            CallId = _callId, FromTag = _tag,
            Headers = [("Expires", expiresSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture)), ("X-GB-Ver", "2.0"), ("User-Agent", "EdgeRecorder")],
        }, flow, platform.Options.Password is { } password ? new Authenticator(platform.Options.User.Length > 0 ? platform.Options.User : own.User, password, allowBasic: false) : null);

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
        (Flow, Since, Detail) = (null, null, why);
        platform.End();
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

    [LoggerMessage(Level = LogLevel.Information, Message = "Platform {Platform} sends us on to {Server} at {Host}:{Port}")]
    private static partial void LogSentOn(ILogger log, string platform, string server, string host, int port);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Platform {Platform} cannot be had: {Why}")]
    private static partial void LogLost(ILogger log, string platform, string why);
}
