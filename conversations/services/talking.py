"""What does an agent do with its turn? From where the conversation stands, node by node, until it waits."""

import json
from collections.abc import Callable, Generator, Iterator
from datetime import timedelta
from functools import cached_property
from uuid import UUID, uuid4

from connectors.declare import JSON
from connectors.errors import ConnectorError
from connectors.llm import providers
from connectors.llm.port import LEAVE, TAKE_OUTCOME, Brief, Called, Finished, ModelProvider, Outcome, Request
from conversations import inputs, tools
from conversations.models import Conversation, Edition, Line, ToolCall
from conversations.replying import consent, history, prompt, route
from conversations.replying.events import Answered, Ended, Event, Moved, Said, Suggested
from conversations.services import asking, ending, scenes
from conversations.services.acting import Actions
from conversations.services.asking import Reply
from conversations.services.saying import Transcript
from conversations.services.turns import never
from conversations.tools import Tool
from workflows.definition import agent_flow, agent_texts, mentions, values
from workflows.definition.agent_document import AgentDefinition
from workflows.definition.agent_flow import End, Node, Start, Turn, WorkflowNode

MOST_ROUNDS = 10
"""How often a model is asked in one turn."""
GOODBYE = "Goodbye, and have a good day!"
TROUBLE = "I am having trouble answering right now. Please try again in a moment."
CHOOSE = "Please choose one of these: {replies}."
WHILE_WAITING = frozenset({Line.HOLD, Line.DELAYED})
LOST = "Sorry, I lost the thread. Could you say that again?"

type Way = Generator[Event, None, Node | None]
"""Events, and in the end the node to go on with; None: now the person speaks."""


class Talk:
    """A conversation whose turn we have."""

    def __init__(
        self, conversation_id: UUID, keep: Callable[[], None], is_stopped: Callable[[], bool] = never
    ) -> None:
        rows = Conversation.objects.select_related("workspace", "agent_version", "agent__live_version")
        self.conversation = rows.get(pk=conversation_id)
        self.agent = self._described()
        self.flow = agent_flow.effective(self.agent.flow)
        self.scene = scenes.of(self.conversation, self.agent)
        self.transcript = Transcript(
            self.conversation, inactive_after=timedelta(minutes=self.flow.inactive_after_min)
        )
        self.actions = Actions(self.conversation, self.transcript, self.scene, keep)
        self._keep = keep
        self._is_stopped = is_stopped
        self._rounds = 0
        self._consent: ToolCall | None = None
        """The call that the person has just answered for: where it is a part of the flow, that goes on."""

    def _described(self) -> AgentDefinition:
        """With each `@mention` by the name that its workflow has now: a version keeps what it meant."""
        agent = inputs.described(self.conversation)
        version = self.conversation.agent_version
        meant = version.references if version and self.conversation.edition == Edition.LIVE else {}
        if not meant:
            return agent
        names = {str(tool.workflow.pk): tool.name for tool in self.tools}
        others = {name: names[id_] for name, id_ in meant.items() if names.get(id_, name) != name}
        if not others:
            return agent
        return agent_texts.rewritten(agent, lambda text: mentions.renamed(text, others))

    @property
    def start(self) -> Start:
        return agent_flow.start_of(self.flow)

    @cached_property
    def tools(self) -> list[Tool]:
        offered = tools.of(self.conversation.agent_id, self.conversation.edition)
        return [tool for tool in offered if tool.name != TAKE_OUTCOME]

    # --- Where it stands -------------------------------------------------------------------------------
    def stand_at(self, node: Node) -> Iterator[Event]:
        if node.id != self.conversation.node:
            self.conversation.node = node.id
            Conversation.objects.filter(pk=self.conversation.pk).update(node=node.id)
            yield Moved(node=node.id, name=node.name, type=node.type)

    def suggested(self) -> Iterator[Event]:
        if self.start.suggested_replies:
            yield Suggested(replies=tuple(self.start.suggested_replies), is_strict=self.start.strict_replies)

    def unfitting(self, text: str) -> Said | None:
        """What is answered to something else than a suggested reply, where only those are taken."""
        stands_at_start = self.conversation.node in ("", self.start.id)
        replies = self.start.suggested_replies
        if not (stands_at_start and self.start.strict_replies and replies):
            return None
        if text.strip().casefold() in {one.casefold() for one in replies}:
            return None
        return self.transcript.said(CHOOSE.format(replies=", ".join(replies)), line=Line.CHOOSE)

    # --- The walk --------------------------------------------------------------------------------------
    def walk(self) -> Iterator[Event]:
        node, was_just_entered = route.at(self.flow, self.conversation.node), not self.conversation.node
        yield from self.stand_at(node)
        said_before = len(self._said())
        for _ in range(route.MOST_MOVES):
            following = yield from self._at(node, was_just_entered)
            if following is None:
                break
            node, was_just_entered = following, True
            yield from self.stand_at(node)
        if len(self._said()) == said_before and self.conversation.status == "open":
            yield self.transcript.said(LOST, line=Line.TROUBLE)

    def _said(self) -> list[str]:
        """Lines that only fill a wait do not count."""
        since = self.transcript.since_the_person()
        return [one.text for one in since if one.role == "agent" and one.line not in WHILE_WAITING]

    def _at(self, node: Node, was_just_entered: bool) -> Way:
        self._keep()
        match node:
            case Start() if only := route.only_way(self.flow, node):
                return only
            case Turn() if was_just_entered and node.script.strip():
                yield self.transcript.said(self.scene.filled(node.script), line=Line.SCRIPT)
                return None
            case Start() | Turn():
                return (yield from self._talk(node, was_just_entered))
            case WorkflowNode():
                return (yield from self._run(node, was_just_entered))
            case End():
                yield from self._end(node)
        return None

    def _talk(self, node: Start | Turn, was_just_entered: bool) -> Way:
        """The model's turn: it talks, calls tools, or takes an outcome."""
        outcomes = route.offered(self.flow, node)
        while self._rounds < MOST_ROUNDS:
            request = self._request(node, was_just_entered, self.tools, outcomes)
            reply = yield from self._ask(request, node)
            yield from self.actions.perform(reply.calls, self.tools)
            if self.actions.is_asking:
                return None
            was_just_entered = was_just_entered and not reply.calls
            if following := route.next_of(self.flow, node, reply.took):
                return following
            if not reply.calls:
                return None
        return None

    def take_answer(self, made: ToolCall, text: str) -> Iterator[Event]:
        """To whether a call may begin. The person decides; no model is asked whether that was a yes."""
        if consent.is_yes(text):
            yield from self.actions.go_on(made, self.tools)
            self._consent = made
        else:
            yield from self.actions.decline(made)
            self._consent = made if consent.is_no(text) else None

    # --- A workflow that the flow runs -----------------------------------------------------------------
    def _run(self, node: WorkflowNode, was_just_entered: bool) -> Way:
        tool = next((one for one in self.tools if str(one.workflow.pk) == node.workflow), None)
        if tool is None:
            return self._leave(node, "failed")
        if self._consent and self._consent.name == tool.name:
            made, self._consent = self._consent, None
            return self._leave(node, route.exit_of(made.result or {}))
        given = self._given(node, tool)
        if not [one for one in tools.spoken_variables(tool) if one.required and one.name not in given]:
            call = Called(f"flow_{uuid4().hex[:16]}", tool.name, json.dumps(given))
            result = yield from self._perform([call], tool, given)
            if self.actions.is_asking:
                return None
            return self._leave(node, route.exit_of(result or {}))
        return (yield from self._collect(node, tool, given, was_just_entered))

    def _collect(self, node: WorkflowNode, tool: Tool, given: dict[str, JSON], was_just_entered: bool) -> Way:
        """What the flow does not know is asked for; the call itself is not the model's to decide."""
        while self._rounds < MOST_ROUNDS:
            request = self._request(
                node, was_just_entered, [tool], route.offered(self.flow, node), given=given, about=tool.name
            )
            reply = yield from self._ask(request, node)
            if reply.took == LEAVE and not reply.calls:
                return route.back_from(self.flow, node)
            result = yield from self._perform(reply.calls, tool, given)
            if self.actions.is_asking:
                return None
            if result is not None and result.get("error_code") not in ("bad_arguments", "unknown_tool"):
                return self._leave(node, route.exit_of(result))
            if not reply.calls:
                return None
        return None

    def _perform(
        self, calls: list[Called], tool: Tool, given: dict[str, JSON]
    ) -> Generator[Event, None, dict[str, JSON] | None]:
        """The result of the last call of the tool."""
        result = None
        others = {one.name for one in self.tools} - {tool.name}
        for event in self.actions.perform(calls, [tool], elsewhere=others, given=given):
            yield event
            if isinstance(event, Answered) and event.name == tool.name:
                result = event.result
        return result

    def _leave(self, node: WorkflowNode, way: str) -> Node:
        return route.next_of(self.flow, node, way) or route.back_from(self.flow, node)

    def _given(self, node: WorkflowNode, tool: Tool) -> dict[str, JSON]:
        """The values that the flow sets, in the types of the variables; an empty one is still asked for."""
        types = {one.name: one.type for one in tools.spoken_variables(tool)}
        filled = {name: self.scene.value(text) for name, text in node.input.items() if name in types}
        return {
            name: values.read(value, types[name]) for name, value in filled.items() if value not in (None, "")
        }

    # --- The model -------------------------------------------------------------------------------------
    def _request(
        self,
        node: Node,
        was_just_entered: bool,
        offered: list[Tool],
        outcomes: tuple[Outcome, ...],
        *,
        given: dict[str, JSON] | None = None,
        about: str = "",
    ) -> Request:
        for_model = tuple(tools.for_model(tool, without=given or ()) for tool in offered)
        writes = [tool.name for tool in for_model if tool.writes]
        return Request(
            system=prompt.system(self.scene, node, writes=writes, about=about),
            messages=history.of(self.transcript.messages),
            tools=for_model,
            outcomes=outcomes,
            has_to_call=about,
            temperature=self.agent.model.temperature,
            memory=self.conversation.memory,
            brief=Brief(
                agent=self.agent.name,
                place=node.name,
                instructions=prompt.instructions(self.scene, node),
                was_just_entered=was_just_entered,
                now=self.scene.now,
            ),
        )

    def _ask(self, request: Request, node: Node) -> Generator[Event, None, Reply]:
        self._rounds += 1
        self._keep()
        try:
            provider: ModelProvider = providers.of(self.conversation.workspace_id, self.agent.model)
        except ConnectorError as unusable:
            reply = Reply(error=unusable.code)
        else:
            asked = asking.ask(
                provider, request, self.conversation, node=node.id, is_stopped=self._is_stopped
            )
            for event in asked:
                self._keep()
                if isinstance(event, Reply):
                    reply = event
                else:
                    yield event
        if reply.text.strip():
            yield self.transcript.said(reply.text.strip())
        self._remember(reply.finished)
        if reply.error and not reply.text.strip():
            yield self.transcript.said(TROUBLE, line=Line.TROUBLE)
        return reply

    def _remember(self, finished: Finished | None) -> None:
        if finished and finished.memory is not None:
            self.conversation.memory = dict(finished.memory)
            rows = Conversation.objects.filter(pk=self.conversation.pk)
            rows.update(memory=self.conversation.memory)

    def tell(self) -> Iterator[Event]:
        """Words what a tool has answered meanwhile; nothing is called and nowhere is gone."""
        node = route.at(self.flow, self.conversation.node)
        yield from self._ask(self._request(node, False, [], ()), node)

    # --- The end ---------------------------------------------------------------------------------------
    def _end(self, node: End) -> Iterator[Event]:
        message = self.scene.filled(node.message)
        if not message and self._has_news():
            yield from self._ask(self._request(node, True, [], ()), node)
        yield self.transcript.said(message or GOODBYE, line=Line.GOODBYE)
        by = "transfer" if node.mode == "transfer" else "agent"
        destination = self.scene.filled(node.destination)
        ended = ending.end(self.conversation, by=by, reason=destination)
        self.conversation.status = ended.status
        assert ended.ended_at
        yield Ended(by=by, destination=destination, at=ended.ended_at)

    def _has_news(self) -> bool:
        """A tool has answered, and nobody has said what."""
        since = self.transcript.since_the_person()
        return bool(since) and since[-1].role == "tool"
