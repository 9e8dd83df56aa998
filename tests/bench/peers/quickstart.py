"""What Lectern is compared with: the FastAPI quickstart, as a careful developer
would ship it.

One form sign-in with passlib's bcrypt (12 rounds, its default) in FastAPI's
thread pool, sessions as rows in Postgres, SQLAlchemy with a pool of ten, on
uvicorn with two workers; and a chat that passes a model's stream on by httpx,
after a look at the session. It retrieves nothing. The packages are Debian's.

    DATABASE_URL=postgresql+psycopg2://... python3 quickstart.py    makes tables
    DATABASE_URL=... LLM_URL=... python3 -m uvicorn quickstart:app --workers 2
"""
import json
import os
import secrets
import uuid
from datetime import datetime, timedelta, timezone

import httpx
from fastapi import Cookie, Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import StreamingResponse
from fastapi.security import OAuth2PasswordRequestForm
from passlib.context import CryptContext
from pydantic import BaseModel, EmailStr
from sqlalchemy import Column, DateTime, ForeignKey, String, create_engine, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, declarative_base, sessionmaker

SESSION_DAYS = 7

engine = create_engine(os.environ["DATABASE_URL"], pool_size=10, max_overflow=0)
Sessions = sessionmaker(engine, expire_on_commit=False)
Base = declarative_base()
passwords = CryptContext(schemes=["bcrypt"], deprecated="auto")
model = httpx.AsyncClient(timeout=60, limits=httpx.Limits(
    max_connections=None, max_keepalive_connections=100))
app = FastAPI()


def now() -> datetime:
    return datetime.now(timezone.utc).replace(tzinfo=None)


class User(Base):
    __tablename__ = "users"
    id = Column(String, primary_key=True, default=lambda: str(uuid.uuid4()))
    email = Column(String(255), unique=True, nullable=False, index=True)
    password_hash = Column(String(255), nullable=False)
    created_at = Column(DateTime, default=now)


class UserSession(Base):
    __tablename__ = "sessions"
    id = Column(String, primary_key=True, default=lambda: str(uuid.uuid4()))
    user_id = Column(String, ForeignKey("users.id", ondelete="CASCADE"),
                     nullable=False)
    session_token = Column(String(255), unique=True, nullable=False, index=True)
    expires_at = Column(DateTime, nullable=False)
    created_at = Column(DateTime, default=now)
    ip_address = Column(String(45))
    user_agent = Column(String(255))


class Registration(BaseModel):
    email: EmailStr
    password: str


def database():
    with Sessions() as session:
        yield session


@app.get("/health")
async def health():
    return {"status": "healthy",
            "timestamp": datetime.now(timezone.utc).isoformat()}


@app.post("/api/auth/register")
def register(body: Registration, db: Session = Depends(database)):
    if len(body.password) < 8:
        raise HTTPException(400, "Password too short")
    user = User(email=body.email.lower(),
                password_hash=passwords.hash(body.password))
    db.add(user)
    try:
        db.commit()
    except IntegrityError:
        db.rollback()
        raise HTTPException(400, "Email already registered")
    return {"id": user.id, "email": user.email}


# Not async: FastAPI runs it in a thread, and bcrypt lets go of Python's lock.
@app.post("/api/auth/sign-in")
def sign_in(request: Request, response: Response,
            form: OAuth2PasswordRequestForm = Depends(),
            db: Session = Depends(database)):
    user = db.execute(select(User).where(
        User.email == form.username.lower())).scalar_one_or_none()
    if user is None:
        passwords.dummy_verify()
    if user is None or not passwords.verify(form.password, user.password_hash):
        raise HTTPException(401, "Incorrect email or password")
    session = UserSession(
        user_id=user.id,
        session_token=secrets.token_urlsafe(32),
        expires_at=now() + timedelta(days=SESSION_DAYS),
        ip_address=request.client.host if request.client else None,
        user_agent=(request.headers.get("user-agent") or "")[:255])
    db.add(session)
    db.commit()
    response.set_cookie("session_token", session.session_token, httponly=True,
                        max_age=SESSION_DAYS * 86400, samesite="lax")
    return {"message": "Signed in", "user": {"id": user.id, "email": user.email}}


class Question(BaseModel):
    message: str


# The connection goes back to the pool before the stream begins.
def signed_in(session_token: str = Cookie(None)):
    with Sessions() as db:
        row = db.execute(select(UserSession, User)
                         .join(User, User.id == UserSession.user_id)
                         .where(UserSession.session_token == session_token,
                                UserSession.expires_at > now())).first()
    if row is None:
        raise HTTPException(401, "Not signed in")
    return row


@app.get("/api/auth/session")
def session(row=Depends(signed_in)):
    return {"user": {"id": row.User.id, "email": row.User.email},
            "expires_at": row.UserSession.expires_at}


async def tokens(question: str):
    body = {"model": "double", "stream": True,
            "messages": [{"role": "user", "content": question}]}
    async with model.stream("POST", os.environ["LLM_URL"] + "/chat/completions",
                            json=body) as reply:
        async for line in reply.aiter_lines():
            if not line.startswith("data: ") or line.startswith("data: [DONE]"):
                continue
            text = json.loads(line[6:])["choices"][0]["delta"].get("content")
            if text:
                yield f"data: {json.dumps({'token': text})}\n\n"
    yield "data: [DONE]\n\n"


@app.post("/api/chat")
async def chat(body: Question, row=Depends(signed_in)):
    return StreamingResponse(tokens(body.message), media_type="text/event-stream")


if __name__ == "__main__":
    Base.metadata.create_all(engine)
