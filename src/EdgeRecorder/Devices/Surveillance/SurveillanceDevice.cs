using System.Globalization;
using System.Net;
using EdgeRecorder.Gb28181.Manscdp;
using EdgeRecorder.Gb28181.Media;
using EdgeRecorder.Media;
using EdgeRecorder.Sip;

namespace EdgeRecorder.Devices.Surveillance;

/// <summary>
/// A device of GB/T 28181 while the daemon runs: where it is reached, and what it can be told and asked. One for each row, and it lives as long as that; registrations come and go.
/// </summary>
internal sealed class SurveillanceDevice(SurveillanceLine line, int number, string id)
{
    /// <summary>2022; what it says is GB 18030.</summary>
    public const string Edition2022 = "3.0";
    public const string Edition2016 = "2.0";

    /// <summary>For the 200 of a request: mobile networks take seconds.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    /// <summary>For the answer behind it.</summary>
    public static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(10);

    /// <summary>For the answer to an INVITE: cameras on batteries wake up, recorders look for a place on their disks.</summary>
    public static readonly TimeSpan CallPatience = TimeSpan.FromSeconds(18);

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private readonly OpenQuestions _questions = new();
    private DeviceRegistration? _registration;
    private bool _isPresent;
    private long _heardMs, _beatMs, _apartMs;

    /// <summary>Of its row.</summary>
    public int Number => number;

    /// <summary>20 digits.</summary>
    public string Id => id;

    /// <summary>The way to it; null while it is not registered, or offline.</summary>
    public SipFlow? Flow { get { lock (_gate) return _isPresent ? _registration?.Flow : null; } }

    /// <summary>Null while it is not registered. One that is offline may be registered all the same, and comes back with its next heartbeat.</summary>
    public DeviceRegistration? Registration { get { lock (_gate) return _registration; } }

    public string Edition => Registration?.Edition ?? Edition2016;

    /// <summary>Since when it is there.</summary>
    public DateTimeOffset Since { get; private set; }

    /// <summary>What it said that it has; null before.</summary>
    public DeviceOffer? Offer { get; set; }

    /// <summary>Its newest position and the alarms that stand; null before there were any.</summary>
    public DeviceReport? Report { get; set; }

    /// <summary>Ours as the device reaches it, for c=.</summary>
    public IPAddress LocalAddress => line.LocalOf(Registration?.Flow ?? throw NotThere());

    /// <summary>It is there: registered, or heard again. On the threads that read; must not block.</summary>
    public event Action? Came;

    /// <summary>It is not there any more. As <see cref="Came"/>.</summary>
    public event Action? Gone;

    /// <summary>A NAT gave it another port: requests inside of dialogs go there from now on (<see cref="SipDialog.Flow"/>). As <see cref="Came"/>.</summary>
    public event Action<SipFlow>? Moved;

    /// <summary>The end of footage, said outside of its call; which one, DeviceID tells. As <see cref="Came"/>.</summary>
    public event Action<MediaStatusNotify>? MediaStatus;

    /// <summary>Sends a document and awaits the 200. A number that it has not is given to it.</summary>
    /// <exception cref="DeviceException">It is not there, refuses or does not answer.</exception>
    public async Task TellAsync(ManscdpDocument document, CancellationToken stop) => Require(await SendAsync(Addressed(document), stop));

    /// <summary>Sends a question or a control and awaits the document that answers it.</summary>
    /// <exception cref="DeviceException">As <see cref="TellAsync"/>.</exception>
    public async Task<ManscdpDocument> AskAsync(ManscdpDocument query, CancellationToken stop)
    {
        ManscdpDocument? answer = null;
        var numbered = Addressed(query);
        using var question = _questions.Open(numbered.CmdType, numbered.Sn, document =>
        {
            answer = document;
            return true;
        });
        await SayAsync(numbered, question, stop);
        try
        {
            await question.Done.WaitAsync(AnswerPatience, line.Time, stop);
        }
        catch (TimeoutException e)
        {
            throw Silent(numbered, e);
        }
        return answer!;
    }

    /// <summary>Asks for a list that comes in parts. What came counts, also when parts are missing.</summary>
    /// <param name="partOf">The part in a document; null where there is none.</param>
    /// <param name="keyOf">What tells two entries apart.</param>
    /// <exception cref="DeviceException">As <see cref="TellAsync"/>.</exception>
    public async Task<IReadOnlyList<T>> AskListAsync<T>(ManscdpDocument query, Func<ManscdpDocument, ListPart<T>?> partOf, Func<T, object> keyOf, CancellationToken stop)
        => (await CollectAsync(query, partOf, keyOf, stop)).Items;

    /// <summary>As <see cref="AskListAsync"/>, with what the device said of its length.</summary>
    /// <exception cref="DeviceException">As <see cref="TellAsync"/>.</exception>
    public async Task<ListAssembler<T>> CollectAsync<T>(ManscdpDocument query, Func<ManscdpDocument, ListPart<T>?> partOf, Func<T, object> keyOf, CancellationToken stop)
    {
        var numbered = Addressed(query);
        var list = new ListAssembler<T>(numbered.Sn, keyOf, line.Time.Milliseconds());
        using var question = _questions.Open(numbered.CmdType, numbered.Sn, document =>
        {
            if (partOf(document) is not { } part)
                return false;
            lock (list)
            {
                list.Add(document.Sn, part, line.Time.Milliseconds());
                return list.IsComplete;
            }
        });
        await SayAsync(numbered, question, stop);
        while (!IsOver(list))
            await Task.WhenAny(question.Done, Task.Delay(Look, line.Time, stop)).Unwrap();
        return list.Sum is null ? throw Silent(numbered) : list;
    }

    /// <summary>Calls a channel: an INVITE, acknowledged when it is answered with 200. Its owner ends it with BYE.</summary>
    /// <param name="subject">Sender and receiver of the media, as the standard wants it: <c>channel:seq,server:seq</c>.</param>
    /// <returns>The final response, 408 of our own when there was none in time; with a dialog when it was a 2xx.</returns>
    /// <exception cref="DeviceException">The device is not there.</exception>
    public Task<SipOpening> CallAsync(string channel, GbDescription offer, string subject, CancellationToken stop)
    {
        var flow = Flow ?? throw NotThere();
        var draft = Draft("INVITE", channel, flow) with { Headers = [("Subject", subject)], ContentType = "application/sdp", Body = offer.Write() };
        return line.Endpoint.OpenAsync(draft, flow, CallPatience, stop: stop);
    }

    /// <summary>Subscribes; the body is the question whose answers are to come as NOTIFY.</summary>
    /// <param name="package">Event: Catalog;id=…, presence.</param>
    /// <returns>As <see cref="CallAsync"/>.</returns>
    /// <exception cref="DeviceException">The device is not there.</exception>
    public Task<SipOpening> SubscribeAsync(ManscdpDocument query, string package, int expiresSeconds, CancellationToken stop)
    {
        var flow = Flow ?? throw NotThere();
        var draft = Draft("SUBSCRIBE", id, flow) with
        {
            Headers = [("Event", package), ("Expires", expiresSeconds.ToString(CultureInfo.InvariantCulture))], ContentType = ManscdpDocument.ContentType, Body = Bytes(Addressed(query)),
        };
        return line.Endpoint.OpenAsync(draft, flow, Patience, stop: stop);
    }

    /// <summary>As it stands in the body of a request to this device.</summary>
    public byte[] Bytes(ManscdpDocument document) => document.ToBytes(Edition == Edition2022 ? ManscdpCharset.Gb18030 : ManscdpCharset.Gb2312);

    /// <summary>With our next number, and the device's own ID where it names no channel.</summary>
    public ManscdpDocument Addressed(ManscdpDocument document)
        => document with { Sn = document.Sn > 0 ? document.Sn : line.NextSn(), DeviceId = document.DeviceId.Length > 0 ? document.DeviceId : id };

    /// <summary>It registered, for the first time or again. Returns the registration before.</summary>
    /// <param name="answer">Tells it, before anybody can ask it something.</param>
    public DeviceRegistration? Register(DeviceRegistration registration, DateTimeOffset now, Action answer)
    {
        DeviceRegistration? before;
        bool isBack, isMoved;
        lock (_gate)
        {
            before = _registration;
            isBack = !_isPresent;
            isMoved = !isBack && !registration.Flow.Equals(before!.Flow);
            (_registration, _isPresent, _heardMs) = (registration, true, line.Time.Milliseconds());
            if (isBack)
                Since = now;
        }
        answer();
        if (isBack)
            Came?.Invoke();
        else if (isMoved)
            Moved?.Invoke(registration.Flow);
        return before;
    }

    /// <summary>It was heard over <paramref name="flow"/>, which is its own or the same with another port. One that was taken for gone is there again.</summary>
    /// <returns>False when it is not registered.</returns>
    public bool Hear(SipFlow flow, DateTimeOffset now, bool isHeartbeat)
    {
        bool isBack, isMoved;
        lock (_gate)
        {
            if (_registration is null)
                return false;
            isBack = !_isPresent;
            isMoved = !flow.Equals(_registration.Flow);
            if (isMoved)
                _registration = _registration with { Flow = flow };
            (_isPresent, _heardMs) = (true, line.Time.Milliseconds());
            if (isHeartbeat)
                (_apartMs, _beatMs) = (_beatMs == 0 ? 0 : _heardMs - _beatMs, _heardMs);
            if (isBack)
                Since = now;
        }
        if (isMoved)
            Moved?.Invoke(flow);
        if (isBack)
            Came?.Invoke();
        return true;
    }

    /// <summary>When it was heard last, by <see cref="MonotonicTime"/>.</summary>
    public long HeardMs { get { lock (_gate) return _heardMs; } }

    /// <summary>How far apart its last two heartbeats were; 0 before there were two. Some have another interval than the box is set to.</summary>
    public long HeartbeatMs { get { lock (_gate) return _apartMs; } }

    /// <summary>Nothing was heard of it for too long: it is offline, and its registration stands.</summary>
    /// <returns>False when it was so already.</returns>
    public bool Miss()
    {
        lock (_gate)
        {
            if (!_isPresent)
                return false;
            _isPresent = false;
        }
        Leave("the device went offline");
        return true;
    }

    /// <summary>Its registration is over. Returns it.</summary>
    /// <param name="only">Nothing happens where another has taken its place; null: whichever it is.</param>
    public DeviceRegistration? Unregister(SipFlow? only = null)
    {
        DeviceRegistration? before;
        bool wasPresent;
        lock (_gate)
        {
            if (_registration is null || only is not null && !only.Equals(_registration.Flow))
                return null;
            (before, wasPresent) = (_registration, _isPresent);
            (_registration, _isPresent, _beatMs, _apartMs) = (null, false, 0, 0);
        }
        if (wasPresent)
            Leave("the device is no longer registered");
        return before;
    }

    /// <summary>An answer to something that was asked; false when it is none.</summary>
    public bool Answer(ManscdpDocument response) => _questions.TryAnswer(response);

    public void Tell(MediaStatusNotify status) => MediaStatus?.Invoke(status);

    private void Leave(string why)
    {
        _questions.Lose(why);
        Gone?.Invoke();
    }

    private bool IsOver<T>(ListAssembler<T> list)
    {
        lock (list)
            return list.IsOver(line.Time.Milliseconds());
    }

    /// <summary>Sends it; an answer that comes is as good as the 200, which may have been lost.</summary>
    private async Task SayAsync(ManscdpDocument document, OpenQuestions.Question question, CancellationToken stop)
    {
        var sent = SendAsync(document, stop);
        if (await Task.WhenAny(sent, question.Done) == sent)
            Require(await sent);
        else
            await question.Done;
    }

    /// <summary>408 of our own when nothing came in time.</summary>
    private async Task<SipMessage> SendAsync(ManscdpDocument document, CancellationToken stop)
    {
        var flow = Flow ?? throw NotThere();
        var draft = Draft("MESSAGE", id, flow) with { ContentType = ManscdpDocument.ContentType, Body = Bytes(document) };
        try
        {
            return await line.Endpoint.SendAsync(draft, flow).WaitAsync(Patience, line.Time, stop);
        }
        catch (TimeoutException)
        {
            return SipMessage.MadeHereResponse(408);
        }
    }

    /// <summary>Request-URI and To name the device, or the channel that is called; what it is about stands in the body.</summary>
    private SipDraft Draft(string method, string user, SipFlow flow)
    {
        var address = flow.Remote.Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{flow.Remote.Address}]" : flow.Remote.Address.ToString();
        return new(method, new(user, address, flow.Remote.Port), line.Server, new(user, line.Domain));
    }

    private static void Require(SipMessage final)
    {
        if (!final.IsSuccess)
            throw !final.IsMadeHere ? new DeviceException(DeviceFault.Refused, $"the device answered {final.Status} {final.Reason}".TrimEnd())
                : final.Status == 408 ? new DeviceException(DeviceFault.Silent, "the device does not answer") : new DeviceException(DeviceFault.NotConnected, "the way to the device is gone");
    }

    private static DeviceException NotThere() => new(DeviceFault.NotConnected, "the device is not connected");

    private static DeviceException Silent(ManscdpDocument query, Exception? inner = null)
        => new(DeviceFault.Silent, $"the device does not answer {query.CmdType}", inner);
}
