using System.Text;
using EdgeRecorder.Sip;

namespace EdgeRecorder.Tests.Sip;

/// <summary>Calls and subscriptions, from both ends.</summary>
public sealed class SipDialogTests
{
    private static readonly TimeSpan CallPatience = TimeSpan.FromSeconds(18);
    private static readonly SipUri Server = new("34020000002000000001", "3402000000"), Channel = new("34020000001320000001", "3402000000");

    [Fact]
    public async Task V10_to_V14_are_a_call()
    {
        await using var rig = new EndpointRig(options => options with { Host = "192.0.2.10" });
        using var device = rig.Udp();
        var flow = await ClientTransactionTests.FlowOfAsync(rig, device);
        rig.Tokens("4001", "4002", "4003");
        var opening = rig.Endpoint.OpenAsync(new SipDraft("INVITE", new(Channel.User, "198.51.100.7", 40960), Server, Channel)
        {
            CallId = "inv1@192.0.2.10",
            FromTag = "p500",
            Headers = [("Subject", "34020000001320000001:0200000001,34020000002000000001:0")],
            ContentType = "application/sdp",
            Body = Vectors.BodyOf("V10"),
        }, flow, CallPatience);
        Assert.Equal(Text("V10"), AsInVector(rig, await device.TextAsync()));
        await device.SendAsync(AsOfHere("V11"));
        await device.SendAsync(AsOfHere("V12"));
        var (final, dialog) = await opening;
        Assert.Equal(185, final.Body.Length);
        Assert.NotNull(dialog);
        Assert.Equal(Text("V13"), AsInVector(rig, await device.TextAsync()));
        await device.SendAsync(AsOfHere("V12"));            // the device did not get the ACK: every copy is acknowledged
        Assert.Equal(Text("V13"), AsInVector(rig, await device.TextAsync()));
        var bye = dialog.ByeAsync();
        Assert.Equal(Text("V14"), AsInVector(rig, await device.TextAsync()));
        Assert.True(dialog.IsOver);
        await device.SendAsync("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK4003\r\nFrom: <sip:a@b>;tag=p500\r\nTo: <sip:c@d>;tag=d900\r\nCall-ID: inv1@192.0.2.10\r\nCSeq: 2 BYE\r\n\r\n");
        Assert.Equal(200, (await bye).Status);
        Assert.Equal(0, rig.Endpoint.Dialogs.Count);
    }

    [Fact]
    public async Task V19_and_V23_stand_inside_a_call()
    {
        await using var rig = new EndpointRig();
        using var device = rig.Udp();
        var (dialog, _) = await CallAsync(rig, device);
        var info = dialog.SendAsync("INFO", null, "Application/MANSRTSP", Vectors.BodyOf("V19"));
        var asked = await device.ReadAsync("INFO");
        Assert.Equal(("d900", dialog.LocalTag, dialog.CallId, 2u), (asked.To.Tag, asked.From.Tag, asked.CallId, asked.CSeq.Number));
        Assert.Equal(Vectors.BodyOf("V19"), asked.Body.ToArray());
        await device.AnswerAsync(asked, 200);
        Assert.Equal(200, (await info).Status);
        await device.SendAsync(Text("V23").Replace("Call-ID: inv2@192.0.2.10", $"Call-ID: {dialog.CallId}", StringComparison.Ordinal).Replace("tag=d950", "tag=d900", StringComparison.Ordinal)
            .Replace("tag=p600", $"tag={dialog.LocalTag}", StringComparison.Ordinal));
        var end = await rig.User.NextAsync("MESSAGE");
        Assert.Same(dialog, end.Dialog);
        await device.SendAsync(Text("V23"));                // some send it outside of the call
        Assert.Null((await rig.User.NextAsync("MESSAGE")).Dialog);
    }

    [Fact]
    public async Task A_call_is_ended_by_its_peer_and_by_nobody_else()
    {
        await using var rig = new EndpointRig();
        using var device = rig.Udp();
        using var other = rig.Udp("127.0.0.2");
        var (dialog, _) = await CallAsync(rig, device);
        await other.RequestAsync("BYE", "f1", dialog.CallId, 9, "d900", dialog.LocalTag);               // knows all of it, but speaks from elsewhere
        await other.ReadAsync(481);
        await device.RequestAsync("BYE", "f2", dialog.CallId, 9, "other", dialog.LocalTag);
        await device.ReadAsync(481);
        await device.RequestAsync("BYE", "f3", dialog.CallId, 9, "d900", "other");
        await device.ReadAsync(481);
        await device.RequestAsync("BYE", "f4", "other", 9, "d900", dialog.LocalTag);
        await device.ReadAsync(481);
        await device.RequestAsync("BYE", "f5", dialog.CallId, 9, "d900");
        await device.ReadAsync(481);
        Assert.Equal(5, rig.Figures.Refused(SipRefusal.NoDialog));
        Assert.False(dialog.IsOver);

        await device.RequestAsync("INFO", "1", dialog.CallId, 7, "d900", dialog.LocalTag);
        (await rig.User.NextAsync("INFO")).Answer(200);
        await device.ReadAsync(200);
        await device.RequestAsync("INFO", "2", dialog.CallId, 7, "d900", dialog.LocalTag);              // a number that does not rise
        await device.ReadAsync(500);
        await device.RequestAsync("BYE", "3", dialog.CallId, 8, "d900", dialog.LocalTag);
        await device.ReadAsync(200);
        var (ended, why) = await rig.User.EndedAsync();
        Assert.Same(dialog, ended);
        Assert.Equal("the peer ended it", why);
        await device.RequestAsync("BYE", "4", dialog.CallId, 9, "d900", dialog.LocalTag);
        await device.ReadAsync(481);
    }

    [Fact]
    public async Task An_invite_is_taken_back_when_nobody_answers_in_time()
    {
        await using var rig = new EndpointRig();
        using var device = rig.Udp();
        var (opening, invite) = await InviteAsync(rig, device);
        await device.AnswerAsync(invite, 100);
        await EndpointRig.Until(() => rig.Figures.Received == 2, "100 is there");
        rig.Advance(18);
        Assert.Equal((408, true), ((await opening).Final.Status, (await opening).Final.IsMadeHere));
        var cancel = await device.ReadAsync("CANCEL");
        Assert.Equal((invite.Via.Text, invite.RequestUri, invite.CSeq.Number, "CANCEL"), (cancel.Via.Text, cancel.RequestUri, cancel.CSeq.Number, cancel.CSeq.Method));
        await device.AnswerAsync(cancel, 200);
        await device.AnswerAsync(invite, 487);
        await device.ReadAsync("ACK");
        await EndpointRig.Until(() => rig.Endpoint.Dialogs.Count == 0, "forgotten");
    }

    [Fact]
    public async Task A_call_that_is_answered_after_it_was_taken_back_is_ended()
    {
        await using var rig = new EndpointRig();
        using var device = rig.Udp();
        using var stop = new CancellationTokenSource();
        var (opening, invite) = await InviteAsync(rig, device, stop.Token);
        await stop.CancelAsync();
        Assert.Equal(408, (await opening).Final.Status);
        await device.AnswerAsync(invite, 180);              // only now may it be taken back
        await device.ReadAsync("CANCEL");
        await device.AnswerAsync(invite, 200, headers: "Contact: <sip:x@10.0.0.20>\r\n");
        await device.ReadAsync("ACK");
        var bye = await device.ReadAsync("BYE");
        Assert.Equal("sip:x@10.0.0.20", bye.RequestUri);
        await device.AnswerAsync(bye, 200);
        await EndpointRig.Until(() => rig.Endpoint.Dialogs.Count == 0, "forgotten");
    }

    [Fact]
    public async Task A_second_answer_of_a_fork_is_acknowledged_and_ended()
    {
        await using var rig = new EndpointRig();
        using var device = rig.Udp();
        var (dialog, invite) = await CallAsync(rig, device);
        await device.AnswerAsync(invite, 200, "other");
        Assert.Equal("other", (await device.ReadAsync("ACK")).To.Tag);
        Assert.Equal("other", (await device.ReadAsync("BYE")).To.Tag);
        Assert.False(dialog.IsOver);
    }

    [Fact]
    public async Task An_answer_without_contact_is_followed_at_the_uri_of_the_invite()
    {
        await using var rig = new EndpointRig();
        using var device = rig.Udp();
        var (opening, invite) = await InviteAsync(rig, device);
        await device.AnswerAsync(invite, 200, headers: "Record-Route: <sip:p1;lr>, <sip:p2;lr>\r\nRecord-Route: <sip:p3;lr>\r\n");
        Assert.NotNull((await opening).Dialog);
        var ack = await device.ReadAsync("ACK");
        Assert.Equal(invite.RequestUri, ack.RequestUri);
        Assert.Equal(["p3", "p1", "p2"], ack.All("Route").Select(route => route.Uri.Host));
    }

    [Fact]
    public async Task We_are_called_and_the_answer_is_repeated_until_it_is_acknowledged()
    {
        await using var rig = new EndpointRig();
        using var caller = rig.Udp();
        await caller.RequestAsync("INVITE", "1", headers: "Record-Route: <sip:p;lr>\r\n");
        await caller.ReadAsync(100);
        var dialog = (await rig.User.NextAsync("INVITE")).Accept(contentType: "application/sdp", body: "v=0\r\n"u8.ToArray());
        Assert.NotNull(dialog);
        var answer = await caller.ReadAsync(200);
        Assert.Equal(($"<sip:34020000002000000001@127.0.0.1:{rig.Endpoint.Port}>", "<sip:p;lr>", 5), (answer["Contact"], answer["Record-Route"], answer.Body.Length));
        rig.Advance(1.5);
        await caller.ReadAsync(200);
        await caller.ReadAsync(200);
        Assert.False(dialog.Acknowledged.IsCompleted);
        await caller.RequestAsync("ACK", "2", toTag: dialog.LocalTag, body: "late offer");
        Assert.Equal(10, (await dialog.Acknowledged.WaitAsync(EndpointRig.Patience))!.Body.Length);
        rig.Advance(32);
        Assert.Equal(2, rig.Figures.Resent);
        var ended = dialog.ByeAsync();
        var bye = await caller.ReadAsync("BYE");
        Assert.Equal(("sip:34020000001180000001@10.0.0.20:5060", "dev", dialog.LocalTag, "<sip:p;lr>"), (bye.RequestUri, bye.To.Tag, bye.From.Tag, bye["Route"]));
        await caller.AnswerAsync(bye, 200);
        Assert.Equal(200, (await ended).Status);
    }

    [Fact]
    public async Task A_call_whose_answer_is_never_acknowledged_is_ended()
    {
        await using var rig = new EndpointRig();
        using var caller = rig.Udp();
        await caller.RequestAsync("INVITE", "1");
        var dialog = (await rig.User.NextAsync("INVITE")).Accept()!;
        rig.Advance(32);
        Assert.Null(await dialog.Acknowledged.WaitAsync(EndpointRig.Patience));
        Assert.Equal("the answer was never acknowledged", (await rig.User.EndedAsync()).Why);
        var method = "";
        while (method != "BYE")
            method = (await caller.ReadAsync()).Method;
    }

    [Fact]
    public async Task V27_subscribes_and_a_position_may_come_before_the_answer()
    {
        await using var rig = new EndpointRig(options => options with { Host = "192.0.2.10" });
        using var device = rig.Udp();
        var flow = await ClientTransactionTests.FlowOfAsync(rig, device);
        rig.Tokens("8101");
        var opening = rig.Endpoint.OpenAsync(new SipDraft("SUBSCRIBE", new("34020000001180000001", "198.51.100.7", 40960), Server, new("34020000001180000001", "3402000000"))
        {
            CallId = "sub1@192.0.2.10",
            FromTag = "p700",
            Headers = [("Event", "presence"), ("Expires", "600")],
            ContentType = "Application/MANSCDP+xml",
            Body = Vectors.BodyOf("V27"),
        }, flow, CallPatience);
        var text = await device.TextAsync();
        Assert.Equal(Text("V27"), AsInVector(rig, text).Replace("CSeq: 50 ", "CSeq: 81 ", StringComparison.Ordinal));
        await device.SendAsync(Text("V28"));
        var notify = await rig.User.NextAsync("NOTIFY");
        Assert.NotNull(notify.Dialog);
        notify.Answer(200);
        await device.ReadAsync(200);
        await device.AnswerAsync(SipParser.ParseDatagram(Encoding.Latin1.GetBytes(text!))!, 200, "d990", "Expires: 600\r\n");
        var dialog = (await opening).Dialog!;
        Assert.Same(notify.Dialog, dialog);
        _ = dialog.SendAsync("SUBSCRIBE", [("Event", "presence"), ("Expires", "600")]);
        var refresh = await device.ReadAsync("SUBSCRIBE");
        Assert.Equal(("d990", 2u), (refresh.To.Tag, refresh.CSeq.Number));
        await device.AnswerAsync(refresh, 200);
        dialog.Drop();
        await device.SendAsync(Text("V28").Replace("CSeq: 3 ", "CSeq: 4 ", StringComparison.Ordinal));
        await device.ReadAsync(481);
    }

    [Fact]
    public async Task An_upper_platform_subscribes_to_us()
    {
        await using var rig = new EndpointRig();
        using var upper = rig.Udp();
        await upper.RequestAsync("SUBSCRIBE", "1", headers: "Event: Catalog;id=7\r\nExpires: 600\r\n");
        var dialog = (await rig.User.NextAsync("SUBSCRIBE")).Accept([("Expires", "600")])!;
        Assert.Equal("600", (await upper.ReadAsync(200))["Expires"]);
        var notified = dialog.SendAsync("NOTIFY", [("Event", "Catalog;id=7"), ("Subscription-State", "active")]);
        var notify = await upper.ReadAsync("NOTIFY");
        Assert.Equal(("dev", dialog.LocalTag), (notify.To.Tag, notify.From.Tag));
        await upper.AnswerAsync(notify, 200);
        Assert.Equal(200, (await notified).Status);
        await upper.RequestAsync("SUBSCRIBE", "2", number: 2, toTag: dialog.LocalTag, headers: "Expires: 0\r\n");
        Assert.Same(dialog, (await rig.User.NextAsync("SUBSCRIBE")).Dialog);
    }

    [Fact]
    public async Task Dialogs_are_bounded()
    {
        await using var rig = new EndpointRig(options => options with { MostDialogs = 1 });
        using var caller = rig.Udp();
        await caller.RequestAsync("INVITE", "1");
        await caller.ReadAsync(100);
        Assert.NotNull((await rig.User.NextAsync()).Accept());
        await caller.ReadAsync(200);
        await caller.RequestAsync("INVITE", "2", "other");
        await caller.ReadAsync(100);
        Assert.Null((await rig.User.NextAsync()).Accept());
        await caller.ReadAsync(503);
    }

    private static async Task<(Task<SipOpening> Opening, SipMessage Invite)> InviteAsync(EndpointRig rig, ScriptedPeer device, CancellationToken stop = default)
    {
        var flow = await ClientTransactionTests.FlowOfAsync(rig, device);
        var opening = rig.Endpoint.OpenAsync(new("INVITE", Channel, Server, Channel), flow, CallPatience, stop: stop);
        return (opening, await device.ReadAsync("INVITE"));
    }

    private static async Task<(SipDialog Dialog, SipMessage Invite)> CallAsync(EndpointRig rig, ScriptedPeer device)
    {
        var (opening, invite) = await InviteAsync(rig, device);
        await device.AnswerAsync(invite, 200, headers: "Contact: <sip:34020000001320000001@10.0.0.20:5060>\r\n");
        var dialog = (await opening).Dialog;
        await device.ReadAsync("ACK");
        return (dialog!, invite);
    }

    private static string Text(string vector) => Encoding.Latin1.GetString(Vectors.Of(vector));

    /// <summary>The answers of the vectors name the number of their INVITE, which is 1 here.</summary>
    private static string AsOfHere(string vector) => Text(vector).Replace("CSeq: 50 ", "CSeq: 1 ", StringComparison.Ordinal);

    private static string AsInVector(EndpointRig rig, string? text)
        => text!.Replace($"192.0.2.10:{rig.Endpoint.Port}", "192.0.2.10:5060", StringComparison.Ordinal).Replace("CSeq: 1 ", "CSeq: 50 ", StringComparison.Ordinal).Replace("CSeq: 2 ", "CSeq: 51 ", StringComparison.Ordinal);
}
